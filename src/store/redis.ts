import type { Log, Store } from '../core/ports.ts';

export interface RedisOptions {
  /** `redis://` or `rediss://`, with user, password and database number as the server needs them. */
  readonly url: string;
  readonly log: Log;
}

/** Longest wait for one answer, and for a connection. */
const limitMs = 1_500;
/** A connection that stays silent for this long, asked every second, is given up. */
const silenceMs = 5_000;
const pingIntervalMs = 1_000;
const slowestRetryMs = 2_000;

/** Room for other users of the same database. */
const keyPrefix = 'mcp-doorman:';

const installHint = 'A Redis store needs the package @redis/client: npm install @redis/client';

async function loadClient() {
  try {
    return await import('@redis/client');
  } catch (cause) {
    throw new Error(installHint, { cause });
  }
}

/** The client's own limits end where a command has been sent. */
async function withinLimit<T>(answer: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('Redis does not answer')), limitMs);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Sooner at first, later each time, and never all replicas at once. */
function retryAfterMs(attempts: number): number {
  return Math.min(50 * 2 ** Math.min(attempts, 10), slowestRetryMs) * (0.5 + Math.random() / 2);
}

/**
 * The store that replicas share: one Redis (6 or newer). Opening it does not wait for the server,
 * and a connection that is lost comes back by itself; until then every method rejects, at the latest
 * after 1.5 seconds. The log has one line for each loss and each return, without the password.
 *
 * Not checked: that Redis keeps what it was given. One that evicts keys forgets sessions and used
 * proofs before their time.
 *
 * @throws Error where the optional package `@redis/client` is not installed; TypeError for a URL
 *   that is none.
 */
export async function openRedisStore({ url, log }: RedisOptions): Promise<Store> {
  const { createClient } = await loadClient();
  const client = createClient({
    url,
    keyPrefix,
    pingInterval: pingIntervalMs,
    disableOfflineQueue: true,
    disableClientInfo: true,
    socket: {
      connectTimeout: limitMs,
      socketTimeout: silenceMs,
      reconnectStrategy: retryAfterMs,
    },
  });

  let reachable: boolean | null = null;
  const firstAttempt = new Promise<void>((resolve) => {
    client.on('ready', () => {
      if (reachable === false) log.info('store_available');
      reachable = true;
      resolve();
    });
    client.on('error', (cause: unknown) => {
      if (reachable !== false) log.error('store_unavailable', { cause });
      reachable = false;
      resolve();
    });
  });
  // It gives up only when the store is closed.
  client.connect().catch(() => {});

  /** Whoever comes before the first connection has been tried waits for that. */
  async function ask<T>(command: () => Promise<T>): Promise<T> {
    return withinLimit(firstAttempt.then(command));
  }

  const life = (ttlSeconds: number) =>
    ({ type: 'PX', value: Math.max(1, Math.ceil(ttlSeconds * 1_000)) }) as const;

  return {
    get: (key) => ask(() => client.get(key)),

    async set(key, value, ttlSeconds) {
      await ask(() => client.set(key, value, { expiration: life(ttlSeconds) }));
    },

    async delete(key) {
      await ask(() => client.del(key));
    },

    increment: (key, ttlSeconds) =>
      ask(async () => {
        const start = { condition: 'NX', expiration: life(ttlSeconds) } as const;
        const [, count] = await client.multi().set(key, '0', start).incr(key).exec();
        return Number(count);
      }),

    async close() {
      client.destroy();
    },
  };
}
