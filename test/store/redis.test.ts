import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { createClient } from '@redis/client';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Log, Store } from '../../src/core/ports.ts';
import { createLogger } from '../../src/observe/logger.ts';
import { openRedisStore } from '../../src/store/redis.ts';
import { storeContract } from '../contract/store.ts';
import { isInstalled } from '../support/installed.ts';
import { type RedisServer, redisServer } from '../support/redis-server.ts';

const installed = isInstalled('redis-server', 'redis-server');
const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };
const patience = { timeout: 10_000, interval: 20 };

describe.runIf(installed)('on a real server', () => {
  let redis: RedisServer;
  let admin: ReturnType<typeof createClient>;
  beforeAll(async () => {
    redis = await redisServer();
    admin = createClient({ url: redis.url });
    await admin.connect();
  });
  afterAll(async () => {
    admin?.destroy();
    await redis?.close();
  });

  /** Lets time pass by taking it away from what every key has left. */
  async function advance(ms: number): Promise<void> {
    for (const key of await admin.keys('*')) {
      const left = Number(await admin.pTTL(key));
      expect(left).toBeGreaterThan(0);
      await (left > ms ? admin.pExpire(key, left - ms) : admin.del(key));
    }
  }

  storeContract('openRedisStore', async () => {
    await admin.flushAll();
    return { store: await openRedisStore({ url: redis.url, log: silent }), advance };
  });

  it('shares what it holds with every other replica, under names of its own', async () => {
    await admin.flushAll();
    const options = { url: redis.url, log: silent };
    const replicas = await Promise.all([openRedisStore(options), openRedisStore(options)]);
    await replicas[0].set('a', 'value', 60);
    expect(await replicas[1].get('a')).toBe('value');
    expect(await admin.keys('*')).toEqual(['mcp-doorman:a']);
    await Promise.all(replicas.map((store) => store.close()));
  });
});

describe('a store whose server', () => {
  const lines: string[] = [];
  const log = createLogger('debug', { write: (line) => void lines.push(line) });
  const cleanups: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
    lines.length = 0;
  });

  async function open(url: string): Promise<Store> {
    const store = await openRedisStore({ url, log });
    cleanups.push(() => store.close());
    return store;
  }

  async function server(options: Parameters<typeof redisServer>[0] = {}): Promise<RedisServer> {
    const redis = await redisServer(options);
    cleanups.push(() => redis.close());
    return redis;
  }

  const events = (): string[] => lines.map((line) => JSON.parse(line).msg);

  it('never answers rejects within its limit', async () => {
    const mute = createServer((socket) => void cleanups.push(async () => void socket.destroy()));
    await once(mute.listen(0, '127.0.0.1'), 'listening');
    cleanups.push(async () => void mute.close());
    const { port } = mute.address() as AddressInfo;
    const store = await open(`redis://127.0.0.1:${port}`);
    await expect(store.get('a')).rejects.toThrow('does not answer');
  });

  it.runIf(installed)('is down at the start comes in when it is there', async () => {
    const redis = await server({ started: false });
    const store = await open(redis.url);
    await expect(store.get('a')).rejects.toThrow();
    await expect(store.increment('a', 60)).rejects.toThrow();
    await redis.start();
    await vi.waitFor(() => store.set('a', '1', 60), patience);
    expect(events()).toEqual(['store_unavailable', 'store_available']);
  });

  it.runIf(installed)('goes down later rejects at once, and comes back by itself', async () => {
    const redis = await server();
    const store = await open(redis.url);
    await store.set('a', '1', 60);
    await redis.stop();
    await vi.waitFor(() => expect(events()).toEqual(['store_unavailable']), patience);
    await expect(store.get('a')).rejects.toThrow();
    await redis.start();
    await vi.waitFor(async () => expect(await store.get('a')).toBeNull(), patience);
    expect(events()).toEqual(['store_unavailable', 'store_available']);
  });

  it.runIf(installed)('stops in the middle rejects, and answers once it goes on', async () => {
    const redis = await server();
    const store = await open(redis.url);
    await store.set('a', '1', 60);
    redis.signal('SIGSTOP');
    await expect(store.get('a')).rejects.toThrow('does not answer');
    redis.signal('SIGCONT');
    await vi.waitFor(async () => expect(await store.get('a')).toBe('1'), patience);
  });

  it.runIf(installed)('wants another password rejects, and no log line has ours', async () => {
    const redis = await server({ password: 'the-right-one' });
    const wrong = await open(`redis://:our-wrong-one@127.0.0.1:${redis.port}`);
    await expect(wrong.get('a')).rejects.toThrow();
    await vi.waitFor(() => expect(events()).toContain('store_unavailable'), patience);
    const right = await open(`redis://:the-right-one@127.0.0.1:${redis.port}`);
    await right.set('a', '1', 60);
    expect(await right.get('a')).toBe('1');
    expect(lines.join('')).not.toMatch(/our-wrong-one|the-right-one/);
  });
});
