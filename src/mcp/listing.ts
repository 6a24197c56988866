import type { Span } from './json-spans.ts';
import { type List, type Listed, type Page, readPage } from './list-reader.ts';

interface Edit extends Span {
  readonly text: string;
}

/**
 * What every list has in it, and everything that a reader could take for it: case, other letters
 * and control characters in a key are either in plain sight or spelled by an escape.
 */
const suspicious = /tools|prompts|resource|\\u|[^\t\n\r -~]/i;

/** Whether any reader could find a list of tools, prompts or resources in a text. */
export function mayHoldList(text: string): boolean {
  return text.includes('{') && suspicious.test(text);
}

function editList(
  text: string,
  { items, ...span }: List,
  permits: (item: Listed) => boolean,
): readonly Edit[] {
  if (items === null) return [{ ...span, text: '[]' }];
  const kept = items.filter(({ listed }) => listed !== null && permits(listed));
  if (kept.length === items.length) return [];
  return [{ ...span, text: `[${kept.map(({ start, end }) => text.slice(start, end)).join(',')}]` }];
}

/** Who may reuse this page depends on who asked, whatever the server says, and on all pages alike. */
function editCacheScope({ members, end }: Page): readonly Edit[] {
  const scope = members.get('cacheScope');
  if (scope !== undefined) return [{ ...scope, text: '"private"' }];
  // Before 2026-07-28 nobody reads it; from then on its absence may be read as public.
  if (!members.has('ttlMs') && !members.has('resultType')) return [];
  return [{ start: end - 1, end: end - 1, text: ',"cacheScope":"private"' }];
}

function apply(text: string, edits: readonly Edit[]): string {
  const pieces: string[] = [];
  let copied = 0;
  for (const edit of edits.toSorted((one, other) => one.start - other.start)) {
    pieces.push(text.slice(copied, edit.start), edit.text);
    copied = edit.end;
  }
  return pieces.join('') + text.slice(copied);
}

/**
 * Leaves out of one JSON-RPC message what its reader may not use: items of `tools`, `prompts`,
 * `resources` and `resourceTemplates` in a result, whatever request it answers. Items without a
 * usable name go too, and where a list is no array, an empty one stands instead. A page that holds
 * a list is `private` to its reader (MCP 2026-07-28, caching). The rest stays byte for byte.
 *
 * @param permits asked about every item with a usable name; what it does not permit is left out.
 * @returns `null` for a text that cannot be passed on: it may hold a list, and is no JSON object, or
 *   one in which readers could see different lists (duplicate keys, variants of a protocol key).
 */
export function filterListing(text: string, permits: (item: Listed) => boolean): string | null {
  if (!mayHoldList(text)) return text;
  const page = readPage(text);
  if (page === null || page.lists.length === 0) return page && text;
  const edits = page.lists.flatMap((list) => editList(text, list, permits));
  return apply(text, [...edits, ...editCacheScope(page)]);
}
