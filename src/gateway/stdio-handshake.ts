import { DoormanError } from '../core/errors.ts';
import { type StdioChild, settledWithin } from './stdio-child.ts';
import { checkingDeclaredHeaders } from './stdio-declared-headers.ts';
import { createLink, type Link, type LinkAnswer } from './stdio-link.ts';
import { type ModernHandler, nativeHandler } from './stdio-native.ts';
import { type ServerDescription, translatingHandler } from './stdio-translator.ts';

/** What the children of one command speak, once one of them has told. */
export interface Era {
  modern: boolean | null;
}

const revision = '2026-07-28';
const lastEarlierRevision = '2025-11-25';
const clientInfo = { name: 'mcp-doorman', version: '1' };
/** Servers of earlier revisions may leave a request before `initialize` without an answer. */
const probeTimeoutMs = 5_000;
const meta = {
  'io.modelcontextprotocol/protocolVersion': revision,
  'io.modelcontextprotocol/clientInfo': clientInfo,
  'io.modelcontextprotocol/clientCapabilities': {},
};

function supportsRevision(answer: LinkAnswer): boolean {
  if (answer.error !== undefined) return false;
  const { supportedVersions } = answer.result;
  return Array.isArray(supportedVersions) && supportedVersions.includes(revision);
}

async function isModern(link: Link): Promise<boolean> {
  const answer = link.request({ method: 'server/discover', params: { _meta: meta } });
  return (await settledWithin(answer, probeTimeoutMs)) && supportsRevision(await answer);
}

async function initialize(
  child: StdioChild,
  link: Link,
  timeoutMs: number,
): Promise<ServerDescription> {
  const params = { protocolVersion: lastEarlierRevision, capabilities: {}, clientInfo };
  const answer = link.request({ method: 'initialize', params });
  if (!(await settledWithin(answer, timeoutMs))) throw new DoormanError('upstream_timeout');
  const { error, ...answered } = await answer;
  if (error !== undefined) {
    void child.close();
    const detail = { reason: error.message, ended: await child.ended };
    throw new DoormanError('upstream_unavailable', { detail });
  }
  link.notify('notifications/initialized');
  return (answered as { readonly result: unknown }).result as ServerDescription;
}

/**
 * Finds out what a new child speaks, and how clients of MCP 2026-07-28 are to be served by it. A
 * server that does not survive the question is started once more and not asked again.
 *
 * @param era kept for the next child of the same command.
 * @param timeoutMs longest wait for the answer to `initialize`.
 * @throws DoormanError `upstream_timeout` or `upstream_unavailable`, and what `start` throws
 */
export async function shakeHands(
  start: () => StdioChild,
  era: Era,
  timeoutMs: number,
): Promise<{ readonly child: StdioChild; readonly handler: ModernHandler }> {
  let child = start();
  let link = createLink(child);
  try {
    if (era.modern !== false && (await isModern(link))) {
      era.modern = true;
      return { child, handler: checkingDeclaredHeaders(nativeHandler(link), { link, meta }) };
    }
    if (await settledWithin(child.ended, 0)) {
      child = start();
      link = createLink(child);
    }
    const description = await initialize(child, link, timeoutMs);
    era.modern = false;
    const handler = translatingHandler(link, description);
    return { child, handler: checkingDeclaredHeaders(handler, { link, meta: null }) };
  } catch (error) {
    void child.close();
    throw error;
  }
}
