import { beforeAll, describe, expect, it } from 'vitest';
import { providers } from '../../providers/index.ts';
import type { ErrorCode } from '../../src/core/error-table.ts';
import { type Recorded, type RecordedToken, readable, without } from '../providers/recorded.ts';
import { contractRig, nowSeconds, type Rig } from './rig.ts';

/** What an accepted fixture lacks compared with the recorded principal, besides accepting it whole. */
const lacks = {
  accepted: {},
  'accepted without scopes': { scopes: [] },
  'accepted without a subject': { subject: null },
};

export type Verdict = keyof typeof lacks | ErrorCode;

/** Kinds of token that every adapter is shown. */
export type Fixture = keyof typeof usual;

/** What most providers' adapters make of each fixture; a provider names where it differs. */
const usual = {
  'a valid token': 'accepted',
  'the audience of another resource': 'audience_mismatch',
  'an audience that begins like ours': 'audience_mismatch',
  'an array of audiences': 'accepted',
  'no audience': 'audience_mismatch',
  'an ID token': 'type_denied',
  'a bare ID token for our audience': 'type_denied',
  'a logout token': 'type_denied',
  'a refresh token': 'token_malformed',
  'the issuer with its slash changed': 'issuer_untrusted',
  'a v1 issuer': 'issuer_untrusted',
  'an expiry within the leeway': 'accepted',
  'an expiry beyond the leeway': 'token_expired',
  'a start beyond the leeway': 'token_not_yet_valid',
  'no expiry': 'claims_invalid',
  'an unknown key id': 'key_unknown',
  'a rotated key': 'accepted',
  'HS256 with the public key as secret': 'algorithm_denied',
  'no scope': 'type_denied',
  'scopes as an array': 'accepted',
  'scopes as a string': 'accepted',
  'an application without a user': 'accepted',
  'a token bound to a DPoP key': 'binding_required',
  'a lightweight token, which names nobody': 'claims_invalid',
  'an opaque token': 'token_malformed',
  'a client that is not allowed': 'claims_invalid',
} satisfies Record<string, Verdict>;

type Present = (rig: Rig, recorded: Recorded) => Promise<string>;

const toggleSlash = (text: unknown): string =>
  `${text}`.endsWith('/') ? `${text}`.slice(0, -1) : `${text}/`;

function acceptedAudience({ settings }: Recorded): string {
  return settings.audiences?.[0] ?? settings.clients?.[0] ?? settings.resource;
}

function scopeClaim({ access }: Recorded): string {
  return 'scp' in access.claims ? 'scp' : 'scope';
}

function scopesOf(recorded: Recorded): readonly string[] {
  const value = recorded.access.claims[scopeClaim(recorded)];
  return Array.isArray(value) ? value : `${value}`.split(' ');
}

/** The valid token with other claims; `undefined` is what `JSON.stringify` leaves out. */
function changed({ access }: Recorded, claims: Record<string, unknown>): RecordedToken {
  return { header: access.header, claims: { ...access.claims, ...claims } };
}

const presents: Record<Fixture, Present> = {
  'a valid token': (rig, recorded) => rig.present(recorded.access),
  'the audience of another resource': (rig, recorded) =>
    rig.present(changed(recorded, { aud: 'https://other.example/mcp' })),
  'an audience that begins like ours': (rig, recorded) =>
    rig.present(changed(recorded, { aud: [`${acceptedAudience(recorded)}/`] })),
  'an array of audiences': (rig, recorded) =>
    rig.present(changed(recorded, { aud: ['https://other.example', acceptedAudience(recorded)] })),
  'no audience': (rig, { access }) =>
    rig.present({ ...access, claims: without(access.claims, 'aud') }),
  'an ID token': (rig, recorded) => rig.sign(recorded.id),
  'a bare ID token for our audience': (rig, recorded) => {
    const claims = without(recorded.id.claims, 'nonce', 'at_hash');
    return rig.present({ ...recorded.id, claims: { ...claims, aud: acceptedAudience(recorded) } });
  },
  'a logout token': (rig, recorded) => {
    const events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
    const made = { header: { typ: 'logout+jwt' }, claims: { ...recorded.access.claims, events } };
    return rig.sign(recorded.logout ?? { ...made, claims: { ...made.claims, ...idOf(recorded) } });
  },
  'a refresh token': async (rig, { refresh }) =>
    refresh === undefined ? 'v1.an-opaque-refresh-token' : rig.sign(refresh),
  'the issuer with its slash changed': (rig, recorded) =>
    rig.sign(changed(recorded, { iss: toggleSlash(recorded.settings.issuer) })),
  'a v1 issuer': (rig, recorded) =>
    rig.sign(
      recorded.v1 ??
        changed(recorded, { iss: 'https://sts.windows.net/11111111-2222-3333-4444-555555555555/' }),
    ),
  'an expiry within the leeway': (rig, recorded) =>
    rig.present(changed(recorded, { exp: nowSeconds - 29 })),
  'an expiry beyond the leeway': (rig, recorded) =>
    rig.present(changed(recorded, { exp: nowSeconds - 31 })),
  'a start beyond the leeway': (rig, recorded) =>
    rig.present(changed(recorded, { nbf: nowSeconds + 31 })),
  'no expiry': (rig, { access }) =>
    rig.present({ ...access, claims: without(access.claims, 'exp', 'expires_in') }),
  'an unknown key id': (rig, recorded) => {
    const token = changed(recorded, idOf(recorded));
    return rig.sign({ ...token, header: { ...token.header, kid: 'nobody' } });
  },
  'a rotated key': async (rig, recorded) => {
    await rig.accept(await rig.present(recorded.access));
    await rig.issuer.rotate();
    return rig.sign(changed(recorded, idOf(recorded)));
  },
  'HS256 with the public key as secret': (rig, recorded) =>
    rig.confuse(changed(recorded, idOf(recorded))),
  'no scope': (rig, { access }) =>
    rig.present({ ...access, claims: without(access.claims, 'scope', 'scp') }),
  'scopes as an array': (rig, recorded) =>
    rig.present(changed(recorded, { [scopeClaim(recorded)]: scopesOf(recorded) })),
  'scopes as a string': (rig, recorded) =>
    rig.present(changed(recorded, { [scopeClaim(recorded)]: scopesOf(recorded).join(' ') })),
  'an application without a user': (rig, recorded) =>
    rig.present(recorded.appOnly ?? recorded.access),
  'a token bound to a DPoP key': (rig, recorded) =>
    rig.present(changed(recorded, { cnf: { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' } })),
  'a lightweight token, which names nobody': (rig, { access }) =>
    rig.present({ ...access, claims: without(access.claims, 'sub', 'uid', 'oid') }),
  'an opaque token': async () => 'ya29.some-opaque-token',
  'a client that is not allowed': (rig, recorded) => rig.present(recorded.access),
};

/** The issuer, for a signed token of a provider whose recorded shape is an answer without one. */
function idOf({ settings }: Recorded): Record<string, unknown> {
  return { iss: settings.issuer };
}

const withoutUser: ReadonlySet<string> = new Set(['an application without a user']);
const foreignClient = { clients: ['another-client.apps.example'] };

/**
 * The one list of tokens that every adapter must judge, through the real verification: keys,
 * signature, route, claims, look-up, key binding. Titles read `<adapter>: <fixture> → <verdict>`.
 *
 * @param differences where this provider's verdict is not the usual one.
 */
export function providerContract(
  recorded: Recorded,
  differences: Partial<Record<Fixture, Verdict>>,
): void {
  const verdicts: Record<Fixture, Verdict> = { ...usual, ...differences };
  const { name } = providers[recorded.provider];

  describe(`contract of ${name}`, () => {
    let shared: Rig;
    beforeAll(async () => {
      shared = await contractRig(recorded);
    });

    async function rigFor(fixture: Fixture): Promise<Rig> {
      if (fixture === 'a client that is not allowed') return contractRig(recorded, foreignClient);
      return fixture === 'a rotated key' ? contractRig(recorded) : shared;
    }

    it.each(Object.entries(verdicts) as [Fixture, Verdict][])(
      `${name}: %s → %s`,
      async (fixture, verdict) => {
        const rig = await rigFor(fixture);
        const judged = rig.accept(await presents[fixture](rig, recorded));
        if (!(verdict in lacks)) {
          await expect(judged).rejects.toMatchObject({ name: 'DoormanError', code: verdict });
          return;
        }
        const principal = await judged;
        expect(readable(principal)).toEqual({
          ...(withoutUser.has(fixture) ? recorded.appPrincipal : recorded.principal),
          ...lacks[verdict as keyof typeof lacks],
        });
        expect(principal.issuer).toBe(
          fixture === 'a v1 issuer' ? recorded.v1?.claims.iss : recorded.settings.issuer,
        );
      },
    );
  });
}
