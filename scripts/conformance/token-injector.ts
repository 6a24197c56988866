import { createServer, request } from 'node:http';
import { closeServer, listenOnLoopback } from '../../src/cli/demo/listen.ts';

export interface TokenInjectorOptions {
  /** Port on 127.0.0.1 to listen on. */
  readonly port: number;
  /** Port on 127.0.0.1 that everything goes on to. */
  readonly target: number;
  readonly token: string;
}

/**
 * Adds an access token to every request, because the suite cannot be told to. All else passes as it
 * stands, `Host` and `Origin` included, which the suite forges to see them refused.
 *
 * @returns how to stop it.
 */
export async function startTokenInjector(
  options: TokenInjectorOptions,
): Promise<{ close(): Promise<void> }> {
  const { port, target, token } = options;
  const server = createServer((incoming, outgoing) => {
    const { method, url: path, rawHeaders } = incoming;
    const headers = [...rawHeaders, 'Authorization', `Bearer ${token}`];
    const onward = request({
      host: '127.0.0.1',
      port: target,
      method,
      path,
      headers,
      setHost: false,
    });
    onward.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.statusMessage, answer.rawHeaders);
      outgoing.flushHeaders();
      answer.pipe(outgoing);
      // What is cut on one side must not look complete on the other.
      answer.on('close', () => {
        if (!answer.complete) outgoing.destroy();
      });
    });
    onward.on('error', () => outgoing.destroy());
    outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
  });
  await listenOnLoopback(server, port);
  return { close: () => closeServer(server) };
}
