import { hash } from 'node:crypto';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { createApp } from '../app.ts';
import type { Config } from '../config/config.ts';
import { type Log, type Ports, systemPorts } from '../core/ports.ts';
import { splitResource } from '../http/metadata.ts';

export interface RunningGateway {
  /** Where it listens, path of the MCP endpoint included. */
  readonly url: string;
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
const idleSweepMs = 100;

function nodePorts(log: Log): Ports {
  return { ...systemPorts, log, digest: (text) => hash('sha256', text, 'base64') };
}

function listening(server: Server, { host, port }: Config['listen']): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(server.address() as AddressInfo));
  });
}

function closed(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const sweep = setInterval(() => server.closeIdleConnections(), idleSweepMs);
    const cut = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearInterval(sweep);
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}

/**
 * Opens the gateway's port.
 *
 * @throws Error of `node:net` when the address cannot be had.
 */
export async function startGateway(config: Config, log: Log): Promise<RunningGateway> {
  const app = createApp(config, nodePorts(log));
  const server = createAdaptorServer({
    fetch: app.hono.fetch,
    // A replaced global `Response` is none to other code in the process, such as an MCP SDK.
    overrideGlobalObjects: false,
    serverOptions: {
      maxHeaderSize: maxHeaderBytes,
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
    },
  }) as Server;
  const { port } = await listening(server, config.listen);
  const { host } = config.listen;
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;

  async function close(graceMs: number): Promise<void> {
    app.drain();
    await closed(server, graceMs);
    await app.close();
  }

  return { url: `http://${authority}${splitResource(config.resource).path || '/'}`, close };
}
