import { createHmac, createPublicKey } from 'node:crypto';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { exportJWK, generateKeyPair } from 'jose';
import type { ErrorCode } from '../../src/core/error-table.ts';
import { type FakeIssuer, signingKey, signText } from '../support/issuer.ts';

/** What the builders of the table have at hand. */
export interface Forge {
  readonly idp: FakeIssuer;
  /** Another issuer, which nobody trusts. */
  readonly stranger: FakeIssuer;
  readonly resource: string;
  readonly now: number;
  /** A token for the subject that is good unless claims or header say otherwise. */
  mint(claims?: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>;
}

/** A request as it goes over the wire, apart from `Host` and framing. */
export interface Sent {
  readonly method?: string;
  readonly fields: readonly string[];
  readonly body?: string | Uint8Array;
}

/** One way to be refused, by its number in the catalogue of attacks. */
export interface Refusal {
  readonly id: string;
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  build(forge: Forge): Promise<Sent>;
}

const json = 'Content-Type: application/json';
export const call = (tool: unknown, more: object = {}): string =>
  JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: tool }, ...more });

/** A call of `safe` under some credential. */
async function sent(token: string | Promise<string>): Promise<Sent> {
  return { fields: [json, `Authorization: Bearer ${await token}`], body: call('safe') };
}

/** A message under a good token. */
function message(
  id: string,
  title: string,
  status: number,
  code: ErrorCode,
  body: string | Uint8Array,
  fields: readonly string[] = [json],
): Refusal {
  return {
    id,
    title,
    status,
    code,
    build: async ({ mint }) => ({
      fields: [...fields, `Authorization: Bearer ${await mint()}`],
      body,
    }),
  };
}

function token(
  id: string,
  title: string,
  code: ErrorCode,
  make: (forge: Forge) => string | Promise<string>,
): Refusal {
  return { id, title, status: 401, code, build: (forge) => sent(make(forge)) };
}

function claims(
  id: string,
  title: string,
  code: ErrorCode,
  change: Record<string, unknown> | ((forge: Forge) => Record<string, unknown>),
): Refusal {
  return token(id, title, code, (forge) =>
    forge.mint(typeof change === 'function' ? change(forge) : change),
  );
}

function header(
  id: string,
  title: string,
  code: ErrorCode,
  change: Record<string, unknown>,
): Refusal {
  return token(id, title, code, ({ mint }) => mint({}, change));
}

/** A credential as it stands in the header, or several lines of it. */
function credential(
  id: string,
  title: string,
  status: number,
  code: ErrorCode,
  lines: (good: string) => readonly string[],
): Refusal {
  return {
    id,
    title,
    status,
    code,
    build: async ({ mint }) => ({ fields: [json, ...lines(await mint())], body: call('safe') }),
  };
}

const encode = (value: object | string): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** Takes a good token apart and puts it together again with another head and signature. */
async function resigned(
  { mint }: Forge,
  head: object,
  sign: (input: string) => string,
): Promise<string> {
  const [, payload = ''] = (await mint()).split('.');
  const input = `${encode(head)}.${payload}`;
  return `${input}.${sign(input)}`;
}

const unsigned =
  (alg: string, signature = '') =>
  (forge: Forge) =>
    resigned(forge, { alg, typ: 'at+jwt', kid: forge.idp.signing.kid }, () => signature);

const byHmac = (secret: (forge: Forge) => string) => (forge: Forge) =>
  resigned(forge, { alg: 'HS256', typ: 'at+jwt', kid: forge.idp.signing.kid }, (input) =>
    createHmac('sha256', secret(forge)).update(input).digest('base64url'),
  );

function pem({ idp }: Forge): string {
  const { kty, crv, x, y } = idp.signing.jwk;
  const key = createPublicKey({ key: { kty, crv, x, y } as Record<string, string>, format: 'jwk' });
  return key.export({ type: 'spki', format: 'pem' }).toString();
}

/** A token that brings its own key along. */
async function withOwnKey({ mint, idp }: Forge): Promise<string> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const own = { ...(await signingKey('own')), privateKey };
  const [, payload = ''] = (await mint()).split('.');
  const head = { typ: 'at+jwt', kid: idp.signing.kid, jwk: await exportJWK(publicKey) };
  return signText(Buffer.from(payload, 'base64url'), head, own);
}

const signature: readonly Refusal[] = [
  token('S01', 'alg none', 'token_malformed', unsigned('none')),
  token('S01', 'alg nOnE', 'token_malformed', unsigned('nOnE')),
  token('S01', 'alg none with a signature', 'algorithm_denied', unsigned('none', 'c2ln')),
  token('S01', 'an empty alg', 'algorithm_denied', unsigned('', 'c2ln')),
  token('S02', 'HS256 keyed with the PEM', 'algorithm_denied', byHmac(pem)),
  token(
    'S02',
    'HS256 keyed with the JWK',
    'algorithm_denied',
    byHmac(({ idp }) => JSON.stringify(idp.signing.jwk)),
  ),
  token('S03', 'alg of another family', 'key_unknown', unsigned('RS256', 'c2ln')),
  token('S04', 'the attacker key in jwk', 'signature_invalid', withOwnKey),
  header('S05', 'an unknown kid', 'key_unknown', { kid: 'nobody' }),
  header('S05', 'the kid __proto__', 'key_unknown', { kid: '__proto__' }),
  header('S05', 'a kid that is a path', 'key_unknown', { kid: '../../dev/null' }),
  header('S05', 'a kid that is a number', 'token_malformed', { kid: 7 }),
  header('S08', 'crit that nobody knows', 'token_malformed', { crit: ['x'], x: 1 }),
  header('S08', 'an empty crit', 'token_malformed', { crit: [] }),
  header('S09', 'b64 false', 'token_malformed', { b64: false }),
  ...[
    'logout+jwt',
    'secevent+jwt',
    'dpop+jwt',
    'oauth-id-jag+jwt',
    'token-introspection+jwt',
    'at+jwt;x',
  ].map((typ) => header('S12', `typ ${typ}`, 'type_denied', { typ })),
  token('S13', 'an ID token', 'type_denied', ({ mint }) =>
    mint({ nonce: 'n', at_hash: 'h' }, { typ: 'JWT' }),
  ),
  token('S18', 'padding', 'token_malformed', async ({ mint }) => `${await mint()}=`),
  token('S18', 'two parts', 'token_malformed', async ({ mint }) =>
    (await mint()).split('.').slice(0, 2).join('.'),
  ),
  token('S18', 'four parts', 'token_malformed', async ({ mint }) => `${await mint()}.another-part`),
  token(
    'S19',
    'an encrypted token',
    'token_malformed',
    () =>
      `${encode({ alg: 'dir', enc: 'A256GCM', zip: 'DEF' })}..${encode('iv')}.${deflateRawSync(Buffer.alloc(4096)).toString('base64url')}.${encode('tag')}`,
  ),
  token('S20', '8,193 bytes', 'token_malformed', () => 'a'.repeat(8193)),
  token('S20', 'nothing but dots', 'token_malformed', () => '.'.repeat(8000)),
  token('S23', 'the key of another issuer', 'signature_invalid', ({ stranger, idp, resource }) =>
    stranger.mint({ iss: idp.issuer, aud: resource }, { kid: idp.signing.kid }),
  ),
];

const claim: readonly Refusal[] = [
  claims('C01', 'an issuer with a suffix', 'issuer_untrusted', ({ idp }) => ({
    iss: `${idp.issuer}.evil`,
  })),
  claims('C01', 'an issuer with a slash', 'issuer_untrusted', ({ idp }) => ({
    iss: `${idp.issuer}/`,
  })),
  claims('C01', 'an issuer in other letters', 'issuer_untrusted', ({ idp }) => ({
    iss: idp.issuer.replace('realms', 'REALMS'),
  })),
  claims('C01', 'a list of issuers', 'issuer_untrusted', ({ idp }) => ({ iss: [idp.issuer] })),
  claims('C01', 'no issuer', 'issuer_untrusted', { iss: undefined }),
  claims('C03', 'an audience that begins like this one', 'audience_mismatch', ({ resource }) => ({
    aud: `${resource}/v2`,
  })),
  claims('C03', 'an audience with a slash', 'audience_mismatch', ({ resource }) => ({
    aud: `${resource}/`,
  })),
  claims('C03', 'other audiences', 'audience_mismatch', { aud: ['a', 'b'] }),
  claims('C03', 'no audience in the list', 'audience_mismatch', { aud: [] }),
  claims('C03', 'an audience in a list in a list', 'claims_invalid', ({ resource }) => ({
    aud: [[resource]],
  })),
  claims('C03', 'no audience', 'audience_mismatch', { aud: undefined }),
  claims('C06', 'an expiry in words', 'claims_invalid', ({ now }) => ({ exp: `${now + 60}` })),
  claims('C06', 'no expiry', 'claims_invalid', { exp: undefined }),
  claims('C06', 'an expiry beyond all time', 'claims_invalid', { exp: 1e308 }),
  claims('C06', 'an expiry of null', 'claims_invalid', { exp: null }),
  claims('C07', 'an expiry outside the leeway', 'token_expired', ({ now }) => ({ exp: now - 31 })),
  claims('C08', 'nbf ahead', 'token_not_yet_valid', ({ now }) => ({ nbf: now + 3600 })),
  claims('C08', 'nbf in words', 'claims_invalid', { nbf: 'now' }),
  claims('C08', 'iat an hour ahead', 'token_not_yet_valid', ({ now }) => ({ iat: now + 3600 })),
  claims('C11', 'a key that nobody proves', 'binding_required', { cnf: { jkt: 'thumbprint' } }),
  claims('C11', 'a binding that nobody knows', 'binding_required', { cnf: { other: 'x' } }),
  {
    ...claims('C09', 'scopes run together', 'scope_insufficient', {
      scope: 'mcp:accessmcp:tools:read',
    }),
    status: 403,
  },
  {
    ...claims('C09', 'scopes separated by a tab', 'scope_insufficient', {
      scope: 'mcp:access\tmcp:tools:read',
    }),
    status: 403,
  },
  {
    ...claims('C10', 'a scope that looks like a pattern', 'scope_insufficient', { scope: 'mcp:*' }),
    status: 403,
  },
];

const transport: readonly Refusal[] = [
  credential('H01', 'no header', 401, 'token_missing', () => []),
  credential('H01', 'an empty header', 401, 'token_missing', () => ['Authorization:']),
  credential('H01', 'a bare scheme', 401, 'token_missing', () => ['Authorization: Bearer']),
  credential('H02', 'Basic', 401, 'token_missing', (good) => [`Authorization: Basic ${good}`]),
  credential('H02', 'no scheme', 401, 'token_missing', (good) => [`Authorization: ${good}`]),
  credential('H04', 'a tab', 400, 'authorization_malformed', (good) => [
    `Authorization: Bearer\t${good}`,
  ]),
  credential('H04', 'something behind it', 400, 'authorization_malformed', (good) => [
    `Authorization: Bearer ${good} y`,
  ]),
  credential('H04', 'quotes', 400, 'authorization_malformed', (good) => [
    `Authorization: Bearer "${good}"`,
  ]),
  credential('H05', 'two lines', 400, 'authorization_malformed', (good) => [
    `Authorization: Bearer ${good}`,
    `Authorization: Bearer ${good}`,
  ]),
  credential('H05', 'two lines, the second Basic', 400, 'authorization_malformed', (good) => [
    `Authorization: Bearer ${good}`,
    'authorization: Basic eDp5',
  ]),
  credential('H05', 'two values', 400, 'authorization_malformed', (good) => [
    `Authorization: Bearer ${good}, Bearer ${good}`,
  ]),
  credential('H10', 'a cookie', 401, 'token_missing', (good) => [`Cookie: access_token=${good}`]),
  credential('H10', 'Proxy-Authorization', 401, 'token_missing', (good) => [
    `Proxy-Authorization: Bearer ${good}`,
  ]),
  credential('H11', 'DPoP where it is off', 401, 'token_missing', (good) => [
    `Authorization: DPoP ${good}`,
  ]),
  {
    id: 'H10',
    title: 'a token in _meta',
    status: 401,
    code: 'token_missing',
    build: async ({ mint }) => ({
      fields: [json],
      body: call('safe', { params: { name: 'safe', _meta: { access_token: await mint() } } }),
    }),
  },
];

const utf16 = Buffer.from(call('safe'), 'utf16le');

const rpc: readonly Refusal[] = [
  message('R01', 'a batch', 400, 'message_invalid', `[${call('safe')},${call('secret')}]`),
  message('R01', 'an empty batch', 400, 'message_invalid', '[]'),
  message('R01', 'a batch behind a BOM', 400, 'message_invalid', `\ufeff[${call('safe')}]`),
  message(
    'R02',
    'two methods',
    400,
    'message_invalid',
    '{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call","params":{"name":"secret"}}',
  ),
  message(
    'R02',
    'two names',
    400,
    'message_invalid',
    '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"safe","name":"secret"}}',
  ),
  message(
    'R03',
    'Name beside name',
    400,
    'message_invalid',
    call('safe', { params: { name: 'safe', Name: 'secret' } }),
  ),
  message(
    'R03',
    'name with a NUL beside name',
    400,
    'message_invalid',
    call('safe', { params: { name: 'safe', 'name\u0000': 'secret' } }),
  ),
  message(
    'R03',
    'params with a long s',
    400,
    'message_invalid',
    call('safe', { 'param\u017f': { name: 'secret' } }),
  ),
  message(
    'R04',
    'an escaped tool',
    403,
    'scope_insufficient',
    call('secret').replace('secret', 'secre\\u0074'),
  ),
  message('R06', 'a tool in capitals', 403, 'operation_denied', call('SAFE')),
  message('R06', 'a tool with a space', 403, 'operation_denied', call('safe ')),
  message('R06', 'a tool with a Cyrillic letter', 403, 'operation_denied', call('s\u0430fe')),
  message('R06', 'a tool in fullwidth letters', 403, 'operation_denied', call('\uff53afe')),
  message('R06', 'a tool with a NUL', 400, 'message_invalid', call('safe\u0000')),
  message('R07', 'a list of names', 400, 'message_invalid', call(['safe'])),
  message('R07', 'a name of null', 400, 'message_invalid', call(null)),
  message('R07', 'no name', 400, 'message_invalid', call('safe', { params: {} })),
  message('R07', 'an empty name', 400, 'message_invalid', call('')),
  message('R08', 'a list of params', 400, 'message_invalid', call('safe', { params: ['safe'] })),
  message('R08', 'an id of null', 400, 'message_invalid', call('safe', { id: null })),
  message('R08', 'an id that is an object', 400, 'message_invalid', call('safe', { id: {} })),
  message('R08', 'jsonrpc 1.0', 400, 'message_invalid', call('safe', { jsonrpc: '1.0' })),
  message('R09', 'a BOM', 400, 'message_invalid', `\ufeff${call('safe')}`),
  message('R09', 'UTF-16', 400, 'message_invalid', utf16),
  message(
    'R09',
    'no UTF-8',
    400,
    'message_invalid',
    Buffer.concat([Buffer.from('{"x":"'), Buffer.from([0xff]), Buffer.from('"}')]),
  ),
  message(
    'R09',
    'half a surrogate pair',
    400,
    'message_invalid',
    call('safe', { x: 'y' }).replace('"y"', '"\\ud800"'),
  ),
  message('R09', 'another charset', 415, 'content_type_denied', call('safe'), [
    'Content-Type: application/json; charset=utf-16',
  ]),
  message('R10', 'something behind it', 400, 'message_invalid', `${call('safe')}x`),
  message('R10', 'a second object', 400, 'message_invalid', call('safe') + call('secret')),
  message('R10', 'a comment', 400, 'message_invalid', `/* */${call('safe')}`),
  message('R10', '10,000 lists', 400, 'message_invalid', '['.repeat(10_000)),
  message('R11', 'gzip', 415, 'content_type_denied', gzipSync(call('safe')), [
    json,
    'Content-Encoding: gzip',
  ]),
  message('R11', 'identity, gzip', 415, 'content_type_denied', gzipSync(call('safe')), [
    json,
    'Content-Encoding: identity, gzip',
  ]),
  message('R12', 'text/plain', 415, 'content_type_denied', call('safe'), [
    'Content-Type: text/plain',
  ]),
  message('R12', 'application/jsonx', 415, 'content_type_denied', call('safe'), [
    'Content-Type: application/jsonx',
  ]),
  message('R12', 'no type', 415, 'content_type_denied', call('safe'), []),
  message('R12', 'two types', 415, 'content_type_denied', call('safe'), [json, json]),
  message('R12', 'a form', 415, 'content_type_denied', 'name=safe', [
    'Content-Type: application/x-www-form-urlencoded',
  ]),
  message('R14', 'an unknown method', 200, 'method_unknown', call('safe', { method: 'foo/bar' })),
  message(
    'R14',
    'a method in other letters',
    200,
    'method_unknown',
    call('safe', { method: 'tools/Call' }),
  ),
  message(
    'R14',
    'a method with a slash',
    200,
    'method_unknown',
    call('safe', { method: 'tools/call/' }),
  ),
  message('R15', 'a call without id', 403, 'scope_insufficient', call('secret', { id: undefined })),
  message('R15', 'method and result in one', 400, 'message_invalid', call('safe', { result: {} })),
  message(
    'R16',
    'a resource that no rule names',
    403,
    'operation_denied',
    call('safe', { method: 'resources/read', params: { uri: 'file:///etc/passwd' } }),
  ),
  message(
    'R16',
    'a resource with dot segments',
    403,
    'operation_denied',
    call('safe', { method: 'resources/read', params: { uri: 'file:///public/../etc/passwd' } }),
  ),
  message('R27', 'a tool that takes a step-up', 403, 'scope_insufficient', call('secret')),
  message('R28', 'a tool that no rule names', 403, 'operation_denied', call('denied')),
];

const modernRevision = '2026-07-28';
const modernMeta = {
  'io.modelcontextprotocol/protocolVersion': modernRevision,
  'io.modelcontextprotocol/clientCapabilities': {},
};

/** A call of MCP 2026-07-28 whose headers say something else than its body. */
function mirrored(
  id: string,
  title: string,
  headers: readonly string[],
  tool = 'safe',
  code: ErrorCode = 'header_mismatch',
): Refusal {
  const body = call(tool, { params: { name: tool, _meta: modernMeta } });
  return message(id, title, 400, code, body, [json, ...headers]);
}

const version = `MCP-Protocol-Version: ${modernRevision}`;
const method = 'Mcp-Method: tools/call';
const name = 'Mcp-Name: safe';

const headers: readonly Refusal[] = [
  mirrored('R18', 'another method in the header', [version, 'Mcp-Method: tools/list', name]),
  mirrored('R18', 'another tool in the header', [version, method, 'Mcp-Name: other']),
  mirrored('R18', 'a permitted tool in the header', [version, method, name], 'secret'),
  mirrored('R18', 'no method in a header', [version, name]),
  mirrored('R18', 'no tool in a header', [version, method]),
  mirrored('R18', 'the tool in other letters', [version, method, 'Mcp-Name: Safe']),
  mirrored('R18', 'two lines for the tool', [version, method, name, name]),
  mirrored('R19', 'another tool in Base64', [version, method, 'Mcp-Name: =?base64?c2VjcmV0?=']),
  mirrored('R19', 'Base64 that is none', [version, method, 'Mcp-Name: =?base64?!!!?=']),
  mirrored('R21', 'another revision in the header', [
    'MCP-Protocol-Version: 2025-11-25',
    method,
    name,
  ]),
  mirrored('R21', 'no revision in a header', [method, name]),
  message('R21', 'a revision that is none', 400, 'version_unsupported', call('safe'), [
    json,
    'MCP-Protocol-Version: 1900-01-01',
  ]),
];

/** What must be refused alike wherever the guard stands (sections 2.1 to 2.4 of the catalogue). */
export const refusals: readonly Refusal[] = [
  ...signature,
  ...claim,
  ...transport,
  ...rpc,
  ...headers,
];
