import { type LoadOptions, loadConfig } from '../config/load.ts';
import { createLogger, logDestination } from '../observe/logger.ts';
import { logCaveats } from './caveats.ts';
import { startGateway } from './listen.ts';
import { posture } from './posture.ts';
import { createReload } from './reload.ts';
import { untilSignal } from './signals.ts';

const graceMs = 25_000;

/**
 * `mcp-doorman`: serves until SIGINT or SIGTERM, then drains. A second signal ends it at once.
 * SIGHUP reads the policy again.
 *
 * @returns the exit code.
 * @throws ConfigError for a configuration that cannot be served safely.
 */
export async function serve(options: LoadOptions, stdout: NodeJS.WritableStream): Promise<number> {
  const config = loadConfig(options);
  const log = createLogger(config.logLevel, await logDestination(process.stderr.isTTY));
  logCaveats(config.services, log);
  const gateway = await startGateway(config, log);
  stdout.write(`${posture(config, gateway.url)}\n`);
  process.on('SIGHUP', createReload(options, gateway, log));
  const { signalled } = untilSignal();
  log.info('draining', { signal: await signalled });
  await gateway.close(graceMs);
  log.info('stopped');
  return 0;
}
