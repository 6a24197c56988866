import type { Reading } from './reading.ts';
import { readTextFile } from './yaml-file.ts';

const redisUrl = /^rediss?:\/\/[!-~]+$/;
const databasePath = /^(?:\/\d{0,5})?$/;

/** What is wrong with the URL of a store, without a word of it: it may hold a password. */
function problemOf(text: string): string | null {
  if (!redisUrl.test(text)) return 'must begin with redis:// or rediss://, without blanks';
  if (!URL.canParse(text)) return 'is not a URL, such as redis://:password@redis.internal:6379/0';
  const { hostname, pathname, search, hash } = new URL(text);
  if (hostname === '') return 'names no host';
  if (search !== '' || hash !== '') return 'must not have a query or a fragment';
  return databasePath.test(pathname) ? null : 'may have a database number as its path only';
}

/** URL of the store that replicas share; `null` where there is none. */
export function resolveStoreUrl({
  settings,
  sources,
  findings,
  complain,
  readFile,
}: Reading): string | null {
  const { store, storeFile } = settings;
  if (store !== undefined && storeFile !== undefined) {
    complain('storeFile', 'cannot be combined with MCP_OAUTH_STORE. Remove one of them');
  }
  if (storeFile === undefined) {
    if (store !== undefined) complain('store', problemOf(store));
    return store ?? null;
  }
  const text = findings.attempt(() =>
    readTextFile(storeFile, sources.origin('storeFile'), readFile),
  );
  if (text === null) return null;
  const url = text.trim();
  const problem = problemOf(url);
  if (problem !== null) complain('storeFile', `names ${storeFile}, whose text ${problem}`);
  return url;
}
