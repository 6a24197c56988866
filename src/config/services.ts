import type { Config, Service } from './config.ts';
import type { ConfigFile } from './config-file.ts';
import { inherit } from './inheritance.ts';
import type { Reading } from './reading.ts';
import type { Section } from './section.ts';
import { resolveService } from './service.ts';
import { parseSettings, serviceSettingNames } from './settings.ts';
import { endpointOf } from './urls.ts';

function readEntry(shared: Reading, entry: Section): Reading {
  const inheritance = inherit(shared, entry);
  const { texts, origin } = inheritance.sources;
  const complain = shared.findings.about(origin);
  const { settings, issues } = parseSettings(texts);
  for (const { name, message } of issues) complain(name, message);
  return { ...shared, ...inheritance, settings, complain, isEntry: true };
}

/** What no entry may inherit: two servers must not have one name, nor get each other's credential. */
const ofOneUpstream = [
  'resource',
  'upstream',
  'upstreamToken',
  'upstreamTokenFile',
  'upstreamHeaderFiles',
] as const;

/** Complains of what stands beside `upstreams` and would protect or name nothing. */
function complainOfUnused(shared: Reading, readings: readonly Reading[], file: ConfigFile): void {
  const { sources, complain, findings } = shared;
  for (const name of ofOneUpstream) {
    if (sources.texts[name] === undefined) continue;
    const remedy =
      name === 'upstreamToken'
        ? 'Name its file in upstreamTokenFile of an entry there'
        : 'Move it into an entry there';
    complain(name, `cannot be combined with the upstreams of the configuration file. ${remedy}`);
  }
  if (shared.command !== null) {
    const { place } = shared.command;
    findings.about(() => place([]))(
      'upstream',
      'cannot be combined with the upstreams of the configuration file. Move it into an entry there',
    );
  }
  const unused =
    'has no effect, since no entry of upstreams inherits it. Remove it, or move it to where it is meant';
  for (const name of serviceSettingNames) {
    const origin = sources.origin(name);
    const isUsed = readings.some((reading) => reading.sources.origin(name) === origin);
    if (sources.texts[name] !== undefined && !isUsed) complain(name, unused);
  }
  const complainOfKey = findings.about(file.origin);
  const given = { issuers: file.issuers.length > 0, policy: file.policy !== null };
  for (const key of ['issuers', 'policy'] as const) {
    const isUsed = readings.some((reading) => reading[key] === shared[key]);
    if (given[key] && !isUsed) complainOfKey(key, unused);
  }
}

/** Complains of services that would answer at the same path, or publish metadata at the same one. */
function complainOfSharedPaths(services: readonly Service[], readings: readonly Reading[]): void {
  const seen = new Map<string, number>();
  for (const [index, { resource }] of services.entries()) {
    const path = endpointOf(resource).replace(/(?<=.)\/$/, '');
    const earlier = seen.get(path);
    if (earlier === undefined) seen.set(path, index);
    else
      readings[index]?.complain(
        'resource',
        `has the path ${path}, which upstreams.${earlier} has too. Give each a path of its own`,
      );
  }
}

/**
 * All services: one for each entry of the file's `upstreams`, or the one of the settings. What is
 * wrong is complained of.
 */
export function resolveServices(
  shared: Reading,
  file: ConfigFile | null,
  insecureNoAuth: boolean,
): Config['services'] {
  const readings = (file?.upstreams ?? []).map((entry) => readEntry(shared, entry));
  const [first, ...others] = readings;
  if (file === null || first === undefined) return [resolveService(shared, insecureNoAuth)];
  complainOfUnused(shared, readings, file);
  const resolve = (reading: Reading): Service => resolveService(reading, insecureNoAuth);
  const services = [resolve(first), ...others.map(resolve)] as const;
  complainOfSharedPaths(services, readings);
  return [...services];
}
