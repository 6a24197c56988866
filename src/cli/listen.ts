import { hash } from 'node:crypto';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { type App, createApp } from '../app.ts';
import type { Config } from '../config/config.ts';
import { type Clock, type Log, type Ports, systemPorts } from '../core/ports.ts';
import { answerClientError } from '../gateway/client-error.ts';
import { splitResource } from '../http/resource.ts';
import { createMemoryStore } from '../store/memory.ts';
import { openRedisStore } from '../store/redis.ts';
import { trackConnections } from './connections.ts';

export interface RunningGateway {
  /** Where it listens, with the path of the first service. */
  readonly url: string;
  /** Puts other policies into force, as {@link App.reload} does. */
  readonly reload: App['reload'];
  /**
   * Refuses new requests, ends event streams, waits for running calls, then closes.
   *
   * @param graceMs longest wait for running calls; what still runs then is cut.
   */
  close(graceMs: number): Promise<void>;
}

const headersTimeoutMs = 10_000;
const requestTimeoutMs = 30_000;
const maxHeaderBytes = 16 * 1024;
const connectionsCheckMs = 1_000;

function nodePorts(log: Log, clock: Clock): Ports {
  return { ...systemPorts, log, clock, digest: (text) => hash('sha256', text, 'base64') };
}

function listening(server: Server, { host, port }: Config['listen']): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(server.address() as AddressInfo));
  });
}

/**
 * Opens the gateway's port.
 *
 * @throws Error of `node:net` when the address cannot be had.
 */
export async function startGateway(
  config: Config,
  log: Log,
  clock: Clock = systemPorts.clock,
): Promise<RunningGateway> {
  const ports = nodePorts(log, clock);
  const { storeUrl } = config;
  const store =
    storeUrl === null ? createMemoryStore(clock) : await openRedisStore({ url: storeUrl, log });
  const app = createApp(config, ports, store);
  const server = createAdaptorServer({
    fetch: app.hono.fetch,
    // A replaced global `Response` is none to other code in the process, such as an MCP SDK.
    overrideGlobalObjects: false,
    serverOptions: {
      maxHeaderSize: maxHeaderBytes,
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: connectionsCheckMs,
    },
  }) as Server;
  server.on('clientError', (error, socket) => answerClientError(error, socket, log));
  const connections = trackConnections(server);
  const { port } = await listening(server, config.listen).catch(async (error: unknown) => {
    await app.close();
    throw error;
  });
  void app.ready();
  const { host } = config.listen;
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;

  async function close(graceMs: number): Promise<void> {
    app.drain();
    await connections.drain(graceMs);
    await app.close();
  }

  const [{ resource }] = config.services;
  const url = `http://${authority}${splitResource(resource).endpoint}`;
  return { url, reload: app.reload, close };
}
