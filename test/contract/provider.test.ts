import { describe, expect, it } from 'vitest';
import { providers } from '../../providers/index.ts';
import { recorded, secondWave, without } from '../providers/recorded.ts';
import { type Fixture, providerContract, type Verdict } from './provider.ts';
import { contractRig } from './rig.ts';

/** Each adapter's own answers, where they are not the usual ones, and why. */
const differences: Record<keyof typeof providers, Partial<Record<Fixture, Verdict>>> = {
  // A client credential without scopes is an access token all the same: its client tells.
  auth0: { 'no scope': 'accepted without scopes' },
  // Okta writes an array, and only an array marks its access tokens.
  okta: { 'scopes as a string': 'type_denied' },
  keycloak: { 'no scope': 'accepted without scopes', 'a refresh token': 'type_denied' },
  // No JWT of Google's is an access token, however it is signed; everything else is its answer.
  google: {
    'a bare ID token for our audience': 'type_denied',
    'a refresh token': 'token_inactive',
    'no expiry': 'issuer_unavailable',
    'an unknown key id': 'type_denied',
    'a rotated key': 'type_denied',
    'HS256 with the public key as secret': 'type_denied',
    'scopes as an array': 'type_denied',
    'an opaque token': 'token_inactive',
    'a client that is not allowed': 'audience_mismatch',
  },
  // The one provider with two issuers for one tenant; it writes a string and never an array.
  entra: { 'a v1 issuer': 'accepted', 'scopes as an array': 'type_denied' },
  cognito: { 'no scope': 'accepted without scopes' },
  generic: {
    'a refresh token': 'type_denied',
    'no scope': 'accepted without scopes',
    'a lightweight token, which names nobody': 'accepted without a subject',
  },
};

const names = Object.keys(providers) as (keyof typeof providers)[];
for (const name of names) providerContract(recorded(name), differences[name]);

describe('issuers without an adapter of their own', () => {
  it('are the ten that the generic adapter is proven for', () => {
    expect(secondWave).toEqual(
      'authelia authentik clerk descope logto ory ping stytch workos zitadel'.split(' '),
    );
  });

  it.each(secondWave)('%s: a valid token → accepted', async (name) => {
    const shape = recorded(name);
    const rig = await contractRig(shape);
    const principal = await rig.accept(await rig.present(shape.access));
    expect({ ...principal, scopes: [...principal.scopes] }).toMatchObject(shape.principal);
  });

  it.each(secondWave)('%s: the audience of another resource → audience_mismatch', async (name) => {
    const shape = recorded(name);
    const rig = await contractRig(shape);
    const claims = { ...shape.access.claims, aud: 'https://other.example/mcp' };
    await expect(rig.accept(await rig.present({ ...shape.access, claims }))).rejects.toMatchObject({
      code: 'audience_mismatch',
    });
  });

  it.each(secondWave)('%s: a bare ID token for our audience → type_denied', async (name) => {
    const shape = recorded(name);
    const rig = await contractRig(shape);
    const claims = {
      ...without(shape.id.claims, 'nonce', 'at_hash'),
      aud: shape.access.claims.aud,
    };
    await expect(rig.accept(await rig.sign({ ...shape.id, claims }))).rejects.toMatchObject({
      code: 'type_denied',
    });
  });
});
