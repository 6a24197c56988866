import { type LoadOptions, loadConfig } from '../config/load.ts';
import { ConfigError } from '../config/problem.ts';
import type { Log } from '../core/ports.ts';
import { describePolicy } from '../policy/policy.ts';
import type { RunningGateway } from './listen.ts';

/**
 * What a SIGHUP does: reads the whole configuration again and puts its policies into force, at
 * once and as a whole. A configuration with any problem changes nothing, and says so in one line.
 * Everything but the policies stays as it was at the start.
 */
export function createReload(
  options: LoadOptions,
  gateway: Pick<RunningGateway, 'reload'>,
  log: Log,
): () => void {
  return () => {
    try {
      const config = loadConfig(options);
      const ignored = gateway.reload(config);
      const rules = config.services.map(({ policy }) => describePolicy(policy));
      log.info('reloaded', { rules, ...(ignored.length > 0 && { needsRestart: ignored }) });
    } catch (error) {
      if (!(error instanceof ConfigError)) return log.error('reload_failed', { cause: error });
      const problems = error.problems.map(({ source, message }) => `${source}: ${message}`);
      log.error('reload_failed', { problems });
    }
  };
}
