import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { adapterFor, providers } from '../../providers/index.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { TrustedIssuer } from '../../src/core/issuer.ts';
import type { Claims } from '../../src/core/types.ts';
import { recorded, secondWave } from '../providers/recorded.ts';

type Name = keyof typeof providers;

const folder = new URL('../../docs/providers/', import.meta.url);
const names = Object.keys(providers) as Name[];
const guide = (name: string): string => readFileSync(new URL(`${name}.md`, folder), 'utf8');

/** The text of a guide's quotation, without marks and line ends. */
function quoted(text: string): string {
  const lines = text.split('\n').filter((line) => line.startsWith('> '));
  return lines.map((line) => line.slice(2)).join(' ');
}

/** Indented blocks, without the indentation. */
function blocks(text: string): readonly string[] {
  return [...text.matchAll(/(?:^ {4}.*\n)+/gm)].map(([block]) => block.replace(/^ {4}/gm, ''));
}

function samples(text: string): readonly Claims[] {
  return blocks(text)
    .filter((block) => block.startsWith('{'))
    .map((block) => JSON.parse(block));
}

function configurations(text: string): readonly Record<string, string>[] {
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) =>
    Object.fromEntries(
      [...block.matchAll(/^([A-Z_]+)=(?:"(.*)"|(.*))$/gm)].map(([, name, long, short]) => [
        name,
        long ?? short,
      ]),
    ),
  );
}

function trustedBy(env: Record<string, string>, file?: string): readonly TrustedIssuer[] {
  const upstream = { MCP_OAUTH_UPSTREAM: 'http://127.0.0.1:9000/mcp' };
  const named = file === undefined ? {} : { MCP_OAUTH_CONFIG_FILE: '/etc/config.yaml' };
  const { services } = loadConfig({
    env: { ...upstream, ...env, ...named },
    flags: {},
    insecureNoAuth: false,
    readFile: () => file ?? '',
  });
  return services.flatMap(({ issuers }) => issuers);
}

/** Whether some issuer of a configuration accepts the claims as an access token of its own. */
function accepts(trusted: readonly TrustedIssuer[], claims: Claims, header: Claims): boolean {
  return trusted.some(({ profile, validation }) => {
    const typ = typeof header.typ === 'string' ? header.typ.toLowerCase() : null;
    const answer = profile.lookup?.read(200, claims) ?? claims;
    if (typeof answer !== 'object' || profile.principal(answer) === null) return false;
    const named: readonly unknown[] = [profile.audience(answer)].flat();
    if (!named.some((audience) => profile.audiences.includes(`${audience}`))) return false;
    if (profile.lookup !== null || validation === 'introspection')
      return profile.isAccessAnswer(answer);
    return claims.iss === profile.issuer && profile.isAccessToken(typ, claims);
  });
}

describe('the guides', () => {
  it('are one for each adapter', () => {
    expect(readdirSync(folder).sort()).toEqual(names.map((name) => `${name}.md`).sort());
  });

  it.each(names)('%s: quotes the advice of its adapter', (name) => {
    expect(quoted(guide(name))).toBe(providers[name].advice);
  });

  it.each(names)('%s: every configuration starts, with this adapter', (name) => {
    const found = configurations(guide(name));
    expect(found.length).toBeGreaterThan(0);
    for (const env of found) {
      const [first] = trustedBy(env);
      expect(first?.profile).toMatchObject({ provider: name, issuer: env.MCP_OAUTH_ISSUER });
      expect(adapterFor(env.MCP_OAUTH_ISSUER ?? '').name).toBe(name);
    }
  });

  it.each(names)('%s: the sample is the recorded token, and a configuration accepts it', (name) => {
    const [sample] = samples(guide(name));
    const { access } = recorded(name);
    expect(sample).toEqual(access.claims);
    const [env] = configurations(guide(name));
    expect(accepts(trustedBy(env ?? {}), access.claims, access.header)).toBe(true);
  });

  it.each(names)('%s: no configuration of the guide accepts an ID token', (name) => {
    const { id } = recorded(name);
    for (const env of configurations(guide(name)))
      expect(accepts(trustedBy(env), id.claims, id.header)).toBe(false);
  });

  it('google: the configuration file starts, and its grant gives the scopes', () => {
    const file = blocks(guide('google')).find((block) => block.startsWith('resource:'));
    const [issuer] = trustedBy({}, file ?? '');
    const { access, principal } = recorded('google');
    const answer = issuer?.profile.lookup?.read(200, access.claims) as Claims;
    expect([...(issuer?.profile.principal(answer)?.scopes ?? [])]).toEqual(principal.scopes);
  });

  it('entra: a list of tenants trusts two issuers for each', () => {
    const listed = configurations(guide('entra')).find((env) => env.MCP_OAUTH_ALLOWED_TENANTS);
    expect(trustedBy(listed ?? {})).toHaveLength(4);
  });

  it.each(secondWave)('generic: has a section for %s whose sample is accepted', (name) => {
    const { access, settings } = recorded(name);
    const section = guide('generic')
      .split(/^## /m)
      .find((text) => text.includes(`MCP_OAUTH_ISSUER=${settings.issuer}\n`));
    const [env] = configurations(section ?? '');
    expect(samples(section ?? '')).toEqual([access.claims]);
    expect(accepts(trustedBy(env ?? {}), access.claims, access.header)).toBe(true);
  });

  it.each(names)('%s: says what does not work', (name) => {
    const [, limits = ''] = guide(name).split('## What does not work\n');
    expect(limits.match(/^- /gm)?.length ?? 0).toBeGreaterThan(2);
  });
});
