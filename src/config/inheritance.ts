import type { Reading } from './reading.ts';
import type { Section } from './section.ts';
import { issuerSettingNames, type SettingName, serviceSettingNames } from './settings.ts';

/** What counts for one service, before it is parsed. */
export type Inheritance = Pick<Reading, 'sources' | 'issuers' | 'policy' | 'command'>;

const serviceNames: ReadonlySet<SettingName> = new Set(serviceSettingNames);

/**
 * What counts for an entry of `upstreams`: what it holds itself, and for the rest what all entries
 * share. Two things are inherited as a whole or not at all: issuers, since the client secret of one
 * must not reach another, and rules, since only one document can hold.
 */
export function inherit(shared: Inheritance, entry: Section): Inheritance {
  const { texts } = entry;
  const ownIssuers = entry.issuers.length > 0 || texts.issuer !== undefined;
  const ownRules =
    entry.policy !== null || texts.policyFile !== undefined || texts.toolScopes !== undefined;
  const replaced: ReadonlySet<string> = new Set<SettingName>([
    'resource',
    'upstream',
    ...(ownIssuers ? issuerSettingNames : []),
    ...(ownRules ? (['policyFile', 'toolScopes'] as const) : []),
  ]);
  const inherited: Section['texts'] = Object.fromEntries(
    Object.entries(shared.sources.texts).filter(([name]) => !replaced.has(name)),
  );
  return {
    issuers: ownIssuers ? entry.issuers : shared.issuers,
    policy: ownRules ? entry.policy : shared.policy,
    command: entry.command,
    sources: {
      texts: { ...inherited, ...texts },
      origin: (name) =>
        serviceNames.has(name) && (texts[name] !== undefined || inherited[name] === undefined)
          ? entry.origin(name)
          : shared.sources.origin(name),
    },
  };
}
