import { DoormanError } from '../core/errors.ts';

/** What one page of `tools/list` tells of each tool. */
export interface ToolsPage<Told> {
  readonly tools: readonly (readonly [name: string, told: Told])[];
  readonly nextCursor: string | null;
}

/** Longest wait for a page. */
export const pageTimeoutMs = 30_000;
const mostPages = 50;

/** Refusal of a call because the list that it depends on cannot be used. */
export function unusable(reason: string): DoormanError {
  return new DoormanError('upstream_unavailable', { detail: { reason, method: 'tools/list' } });
}

/**
 * Reads a server's whole list of tools, at most 50 pages.
 *
 * @param readOne the page at a cursor; the first one for `null`.
 * @throws DoormanError `upstream_unavailable` where there are more, and what `readOne` throws
 */
export async function readToolPages<Told>(
  readOne: (cursor: string | null) => Promise<ToolsPage<Told>>,
): Promise<ReadonlyMap<string, Told>> {
  const tools = new Map<string, Told>();
  let cursor: string | null = null;
  for (let count = 0; count < mostPages; count++) {
    const page: ToolsPage<Told> = await readOne(cursor);
    for (const [name, told] of page.tools) tools.set(name, told);
    cursor = page.nextCursor;
    if (cursor === null) return tools;
  }
  throw unusable('there are too many pages');
}
