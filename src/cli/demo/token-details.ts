import { decodeJwt } from 'jose';
import { fingerprint } from './redaction.ts';

/** A name and a value worth showing; never a token, a code or any other secret. */
export type Detail = readonly [name: string, value: string];

/**
 * What can be told of the access token in a token response: the claims that decide, decoded and not
 * verified, or, where the token is opaque, what the IdP said along with it.
 */
export function grantedToken(answer: Readonly<Record<string, unknown>>): readonly Detail[] {
  const { access_token: token, token_type: type, scope, expires_in: life } = answer;
  if (typeof token !== 'string') return [];
  const name: Detail = ['access token', `${fingerprint('token', token)}, type ${type}`];
  if (!token.includes('.')) {
    return [
      name,
      ['  opaque', 'a random string; only the issuer knows what it stands for'],
      ['  scope', String(scope)],
      ['  expires', `${life} s from now`],
    ];
  }
  const { aud, sub, scope: granted, exp = 0, iat = 0, cnf } = decodeJwt(token);
  const { jkt } = (cnf ?? {}) as { jkt?: string };
  return [
    name,
    ['  sub', String(sub)],
    ['  aud', String(aud)],
    ['  scope', String(granted)],
    ['  exp', `${exp - iat} s from now`],
    ...(jkt === undefined ? [] : [['  bound to the key', jkt] as const]),
  ];
}

/** How a request is authorized: the token's name and, of a DPoP proof, what it is good for. */
export function presentedToken(headers: Headers): readonly Detail[] {
  const [scheme, token] = headers.get('authorization')?.split(' ') ?? [];
  const proof = headers.get('dpop');
  return [
    ...(scheme && token
      ? [['Authorization', `${scheme} ${fingerprint('token', token)}`] as const]
      : []),
    ...(proof === null ? [] : [proofDetail(proof)]),
  ];
}

function proofDetail(proof: string): Detail {
  const { htm, htu, jti } = decodeJwt(proof);
  return [
    'DPoP',
    `${fingerprint('proof', proof)} htm=${htm} htu=${htu} jti=${String(jti).slice(0, 8)}…`,
  ];
}
