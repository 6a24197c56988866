import type {
  AssertionSettings,
  IdentitySource,
  SigningKey,
  UpstreamIdentity,
} from '../core/upstream-identity.ts';
import { ownHeaderProblem } from './header-name.ts';
import type { Reading } from './reading.ts';
import type { SettingName } from './settings.ts';
import { readSigningKey } from './signing-key.ts';
import { type UpstreamSettings, upstreamFields } from './upstream-settings.ts';
import { readTextFile } from './yaml-file.ts';

const authorization = 'authorization';
const token = /^[!-~]+$/;
const headerValue = /^[!-~](?:[ -~]*[!-~])?$/;
const source = /^(?:subject|client|scopes|issuer|claim\..+)$/;
/** What an assertion says for itself (RFC 7519 section 4.1, RFC 9068 section 2.2). */
const ownClaims: ReadonlySet<string> = new Set([
  'iss',
  'sub',
  'aud',
  'exp',
  'nbf',
  'iat',
  'jti',
  'client_id',
  'scope',
  'idp',
]);

function isSource(text: string): text is IdentitySource {
  return source.test(text);
}

/** Takes `name=value` apart; the name comes in lower case. */
function pair(text: string): readonly [string, string] {
  const [name = '', ...value] = text.split('=');
  return [name.toLowerCase(), value.join('=')];
}

/** A list is complained of once, with all that is wrong in it. */
function complainOf(reading: Reading, name: SettingName, problems: readonly string[]): void {
  if (problems.length > 0) reading.complain(name, problems.join('; '));
}

/** Text of a file that a setting names; its last line end does not count. */
function fileText(reading: Reading, name: SettingName, path: string): string | null {
  const { findings, sources, readFile } = reading;
  const text = findings.attempt(() => readTextFile(path, sources.origin(name), readFile));
  return text?.replace(/\r?\n$/, '') ?? null;
}

function upstreamToken(reading: Reading): string | null {
  const { settings, complain } = reading;
  const { upstreamToken: written, upstreamTokenFile: path } = settings;
  if (written !== undefined && path !== undefined) {
    const remedy = 'Remove one of them';
    complain('upstreamTokenFile', `cannot be combined with MCP_OAUTH_UPSTREAM_TOKEN. ${remedy}`);
  }
  const name = path === undefined ? 'upstreamToken' : 'upstreamTokenFile';
  const text = path === undefined ? (written ?? null) : fileText(reading, name, path);
  if (text !== null && !token.test(text)) {
    complain(name, 'holds no token: one line of ASCII without blanks');
  }
  return text;
}

function credentials(reading: Reading): Record<string, string> {
  const bearer = upstreamToken(reading);
  const problems: string[] = [];
  const found: Record<string, string> =
    bearer === null ? {} : { [authorization]: `Bearer ${bearer}` };
  for (const [name, path] of reading.settings.upstreamHeaderFiles.map(pair)) {
    const problem = name === authorization ? null : ownHeaderProblem(name);
    if (problem !== null) problems.push(`${name} ${problem}`);
    else if (path === '') problems.push(`${name} needs a file: ${name}=<path>`);
    else if (Object.hasOwn(found, name)) problems.push(`${name} is set twice`);
    else {
      const value = fileText(reading, 'upstreamHeaderFiles', path);
      if (value !== null && !headerValue.test(value)) {
        problems.push(`${path} holds no value of a header: one line of ASCII`);
      }
      found[name] = value ?? '';
    }
  }
  complainOf(reading, 'upstreamHeaderFiles', problems);
  return found;
}

function identityHeaders(reading: Reading): Record<string, IdentitySource> {
  const problems: string[] = [];
  const found: Record<string, IdentitySource> = {};
  for (const [name, what] of reading.settings.identityHeaders.map(pair)) {
    const problem = ownHeaderProblem(name);
    if (problem !== null || name === authorization) {
      problems.push(`${name} ${problem ?? 'is for credentials'}`);
    } else if (Object.hasOwn(found, name)) problems.push(`${name} is set twice`);
    else if (isSource(what)) found[name] = what;
    else {
      const ways = 'subject, client, scopes, issuer or claim.<name>';
      problems.push(`${name} must say what it tells: ${name}=${ways}`);
    }
  }
  complainOf(reading, 'identityHeaders', problems);
  return found;
}

function signingKey(reading: Reading): SigningKey | null {
  const { assertionKeyFile: path } = reading.settings;
  const text = path === undefined ? null : fileText(reading, 'assertionKeyFile', path);
  if (text === null) return null;
  const key = readSigningKey(text);
  if (typeof key !== 'string') return key;
  reading.complain('assertionKeyFile', `names ${path}, which ${key}`);
  return null;
}

function assertion(reading: Reading, upstream: URL): AssertionSettings | null {
  const { settings, complain } = reading;
  const { assertionHeader, assertionKeyFile, assertionClaims } = settings;
  const key = signingKey(reading);
  if (assertionHeader === undefined) {
    const idle = 'has no effect without MCP_OAUTH_ASSERTION_HEADER';
    if (assertionKeyFile !== undefined) complain('assertionKeyFile', idle);
    if (assertionClaims.length > 0) complain('assertionClaims', idle);
    return null;
  }
  const header = assertionHeader.toLowerCase();
  if (header !== authorization) complain('assertionHeader', ownHeaderProblem(header));
  const own = assertionClaims.filter((name) => ownClaims.has(name));
  if (own.length > 0) complain('assertionClaims', `${own.join(', ')} is said already`);
  const audience = upstream.origin + upstream.pathname;
  return { header, key, claims: assertionClaims, audience };
}

/** A command gets no headers: what is set about them is complained of, and nothing is told. */
export function refuseUpstreamIdentity({ sources, complain }: Reading): UpstreamIdentity {
  for (const name of Object.keys(upstreamFields) as (keyof UpstreamSettings)[]) {
    if (sources.texts[name] === undefined) continue;
    complain(name, 'is about headers, and a command gets none. Set variables in its env instead');
  }
  return { credentials: {}, headers: {}, assertion: null };
}

/**
 * What the MCP server is told about us and about who calls, checked: no two say the same header, and
 * none is one that a client can send. No message ever holds a secret.
 */
export function resolveUpstreamIdentity(reading: Reading, upstream: URL): UpstreamIdentity {
  const { complain } = reading;
  const identity = {
    credentials: credentials(reading),
    headers: identityHeaders(reading),
    assertion: assertion(reading, upstream),
  };
  const { header = null } = identity.assertion ?? {};
  for (const name of Object.keys(identity.headers)) {
    if (Object.hasOwn(identity.credentials, name))
      complain('identityHeaders', `${name} is a credential already`);
  }
  const others = { ...identity.headers, ...identity.credentials };
  if (header !== null && Object.hasOwn(others, header)) {
    complain('assertionHeader', `${header} is set to something else already`);
  }
  return identity;
}
