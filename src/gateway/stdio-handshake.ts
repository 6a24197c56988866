import { DoormanError } from '../core/errors.ts';
import { type StdioChild, settledWithin } from './stdio-child.ts';
import { checkingDeclaredHeaders } from './stdio-declared-headers.ts';
import { createLink, type Link } from './stdio-link.ts';
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
const never = new Promise<never>(() => {});

/** Whether a child says that it speaks 2026-07-28. */
async function discover(link: Link): Promise<boolean> {
  const answer = await link.request({ method: 'server/discover', params: { _meta: meta } });
  if (answer.error !== undefined) return false;
  const { supportedVersions } = answer.result;
  return Array.isArray(supportedVersions) && supportedVersions.includes(revision);
}

/** @returns `null` where the child says only now that it speaks 2026-07-28. */
async function initialize(
  child: StdioChild,
  link: Link,
  discovered: Promise<boolean>,
  timeoutMs: number,
): Promise<ServerDescription | null> {
  const params = { protocolVersion: lastEarlierRevision, capabilities: {}, clientInfo };
  const late = discovered.then((modern) => (modern ? null : never));
  const either = Promise.race([late, link.request({ method: 'initialize', params })]);
  if (!(await settledWithin(either, timeoutMs))) throw new DoormanError('upstream_timeout');
  const answer = await either;
  if (answer === null) return null;
  const { error, ...answered } = answer;
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
 * server that does not survive the question is started once more and not asked again. One that is
 * slow to begin is no server of an earlier revision for that.
 *
 * @param era kept for the next child of the same command.
 * @param timeoutMs longest wait for the answer to `initialize`, and to the question where children
 *   of the command have answered it before.
 * @throws DoormanError `upstream_timeout` or `upstream_unavailable`, and what `start` throws
 */
export async function shakeHands(
  start: () => StdioChild,
  era: Era,
  timeoutMs: number,
): Promise<{ readonly child: StdioChild; readonly handler: ModernHandler }> {
  const known = era.modern;
  let child = start();
  let link = createLink(child);
  try {
    const discovered = known === false ? Promise.resolve(false) : discover(link);
    const inTime = await settledWithin(discovered, known ? timeoutMs : probeTimeoutMs);
    if (inTime && (await discovered)) {
      era.modern = true;
      return { child, handler: checkingDeclaredHeaders(nativeHandler(link), { link, meta }) };
    }
    const hasEnded = await settledWithin(child.ended, 0);
    if (known) {
      // A failure does not make it an earlier one; the next child has to say anew what it is.
      era.modern = null;
      if (!inTime) throw new DoormanError('upstream_timeout');
      if (hasEnded) {
        const detail = { reason: await child.ended };
        throw new DoormanError('upstream_unavailable', { detail });
      }
    }
    if (hasEnded) {
      child = start();
      link = createLink(child);
    }
    const description = await initialize(child, link, discovered, timeoutMs);
    if (description === null) {
      // It has read `initialize` as well, after which a server may speak as earlier ones do.
      era.modern = true;
      await child.close();
      return shakeHands(start, era, timeoutMs);
    }
    era.modern = false;
    const handler = translatingHandler(link, description);
    return { child, handler: checkingDeclaredHeaders(handler, { link, meta: null }) };
  } catch (error) {
    void child.close();
    throw error;
  }
}
