import type { TrustedIssuer } from '../core/issuer.ts';
import type { IssuerInput } from './issuer-input.ts';
import type { Reading } from './reading.ts';
import { issuerSettingNames, parseIssuerSettings, settingDescriptions } from './settings.ts';
import { type IssuerContext, trustIssuer } from './trusted-issuer.ts';

const variables: ReadonlyMap<string, string> = new Map(
  settingDescriptions.map(({ name, env }) => [name, env]),
);

function complainOfSet({ sources, complain }: Reading, message: string): void {
  for (const name of issuerSettingNames) {
    if (sources.texts[name] !== undefined) complain(name, message);
  }
}

function inputFromSettings(reading: Reading): IssuerInput {
  const { settings, sources, isEntry, complain, findings } = reading;
  return {
    settings,
    grants: [],
    origin: sources.origin,
    label: (name) => (isEntry ? undefined : variables.get(name)) ?? name,
    secretName: isEntry ? 'clientSecretFile' : 'clientSecret',
    complain,
    attempt: findings.attempt,
  };
}

function inputsFromFile({ issuers, findings }: Reading): IssuerInput[] {
  return issuers.map(({ texts, grants, origin }) => {
    const complain = findings.about(origin);
    const { settings, issues } = parseIssuerSettings(texts);
    for (const { name, message } of issues) complain(name, message);
    if (settings.issuer === undefined) complain('issuer', 'is not set');
    const { attempt } = findings;
    return {
      settings,
      grants,
      origin,
      label: (name) => name,
      secretName: 'clientSecretFile',
      complain,
      attempt,
    };
  });
}

function isAskedAboutOpaque({ profile, validation, client }: TrustedIssuer): boolean {
  const canBeAsked = client !== null || profile.lookup !== null;
  return canBeAsked && validation !== 'jwt' && profile.kinds.includes('opaque');
}

/** All issuers whose tokens count, of the settings or else of the file's list; never the same twice. */
export function resolveIssuers(
  reading: Reading,
  { resource, introspects }: Pick<IssuerContext, 'resource' | 'introspects'>,
): readonly TrustedIssuer[] {
  const { settings, readFile } = reading;
  const { insecureHttp } = settings;
  const inputs = inputsFromFile(reading);
  if (inputs.length > 0) {
    complainOfSet(
      reading,
      'cannot be combined with the issuers of the configuration file. Move it into an entry there',
    );
  } else if (settings.issuer === undefined && settings.staticTokensFile !== undefined) {
    complainOfSet(reading, 'has no effect without MCP_OAUTH_ISSUER. Set it, or remove this');
  } else {
    inputs.push(inputFromSettings(reading));
  }
  const seen = new Set<string>();
  const asked: string[] = [];
  return inputs.flatMap((input) => {
    const trusted = trustIssuer(input, { resource, introspects, insecureHttp, readFile });
    const repeated = trusted.find(({ profile }) => seen.has(profile.issuer));
    if (repeated)
      input.complain('issuer', `repeats ${repeated.profile.issuer}. Name each issuer once`);
    for (const { profile } of trusted) seen.add(profile.issuer);
    const [other] = asked;
    const askable = trusted.filter(isAskedAboutOpaque).map(({ profile }) => profile.issuer);
    if (other !== undefined && askable.length > 0) {
      input.complain(
        'validation',
        `must be jwt here or for ${other}: opaque tokens name no issuer, and only one can be asked about them`,
      );
    }
    asked.push(...askable);
    return trusted;
  });
}
