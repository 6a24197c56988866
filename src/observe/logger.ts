import { type DestinationStream, destination as fileDestination, pino } from 'pino';
import type { Log, LogFields } from '../core/ports.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

const standardError = 2;
/** Names under which a secret could end up in a log field; the second line of defence. */
const secretNames = ['token', 'authorization', 'cookie', 'secret', 'client_secret', 'password'];

/** Of an error its name and words only: libraries attach raw bytes, which may hold anything. */
function describeCause(cause: unknown): unknown {
  if (!(cause instanceof Error)) return cause === undefined ? undefined : typeof cause;
  const { name, message, stack } = cause;
  const code = 'code' in cause && typeof cause.code === 'string' ? { code: cause.code } : {};
  const inner = cause.cause === undefined ? {} : { cause: describeCause(cause.cause) };
  return { name, message, ...code, stack, ...inner };
}

/**
 * Where the operator's log goes: standard error, readable on a terminal, else JSON lines. Without
 * the optional `pino-pretty` a terminal gets JSON lines too.
 */
export async function logDestination(isTerminal: boolean): Promise<DestinationStream> {
  if (isTerminal) {
    const pretty = await import('pino-pretty').catch(() => null);
    if (pretty) return pretty.default({ destination: standardError, sync: true });
  }
  return fileDestination({ dest: standardError, sync: true });
}

/**
 * The operator's log: one object an event.
 *
 * @param level least severe level written; `silent` writes nothing.
 * @param destination usually {@link logDestination}.
 */
export function createLogger(level: LogLevel, destination: DestinationStream): Log {
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { cause: describeCause },
      redact: secretNames.flatMap((name) => [name, `*.${name}`]),
    },
    destination,
  );
  const write =
    (method: 'debug' | 'info' | 'warn' | 'error') =>
    (event: string, fields: LogFields = {}): void =>
      logger[method](fields, event);
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
  };
}
