import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { closeServer, listenOnLoopback } from '../../src/cli/demo/listen.ts';

/** What reached the upstream, as it stood on the wire. */
export interface Arrival {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly rawHeaders: readonly string[];
  /** Empty until the whole body is there. */
  body: string;
  /** How the exchange ended, once it has: answered to the end, or cut by the other side. */
  outcome: 'open' | 'answered' | 'cut';
}

export type Answer = (
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  arrival: Arrival,
) => void | Promise<void>;

export interface Upstream {
  /** The MCP endpoint, on loopback. */
  readonly url: string;
  readonly port: number;
  /** Every request since the start, whatever its path; recorded when its head arrives. */
  readonly arrivals: readonly Arrival[];
  /** The newest request. */
  last(): Arrival;
  /** Replaces the answer from the next request on. */
  answerWith(answer: Answer): void;
  close(): Promise<void>;
}

async function readAll(incoming: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of incoming.setEncoding('utf8')) text += chunk;
  return text;
}

/** An upstream in this process that records whatever reaches it, and answers as it is told. */
export async function startUpstream(first: Answer): Promise<Upstream> {
  const arrivals: Arrival[] = [];
  let answer = first;
  const server = createServer((incoming, outgoing) => {
    const { method = '', url = '', headers, rawHeaders } = incoming;
    const arrival: Arrival = { method, url, headers, rawHeaders, body: '', outcome: 'open' };
    arrivals.push(arrival);
    outgoing.once('close', () => {
      arrival.outcome = outgoing.writableFinished ? 'answered' : 'cut';
    });
    readAll(incoming).then(
      async (body) => {
        arrival.body = body;
        await answer(incoming, outgoing, arrival);
      },
      () => outgoing.destroy(),
    );
  });
  const port = await listenOnLoopback(server, 0);
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    port,
    arrivals,
    last() {
      const arrival = arrivals.at(-1);
      if (!arrival) throw new Error('nothing has reached the upstream');
      return arrival;
    },
    answerWith(next) {
      answer = next;
    },
    close: () => closeServer(server),
  };
}

/** Passes requests on to a real server, streams included, with nothing added or left out. */
export function relayTo(target: string): Answer {
  const { hostname, port } = new URL(target);
  return (incoming, outgoing, { body }) => {
    const { method, url: path, rawHeaders } = incoming;
    const headers = [...rawHeaders];
    const onward = request({ hostname, port, method, path, headers, setHost: false });
    onward.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.rawHeaders);
      outgoing.flushHeaders();
      answer.on('error', () => outgoing.destroy()).pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    outgoing.once('close', () => onward.destroy());
    onward.end(body);
  };
}

/** The plainest good answer: an empty result under the request's own id. */
export const emptyResult: Answer = (_incoming, outgoing, { body }) => {
  const { id = null } = body === '' ? {} : (JSON.parse(body) as { id?: unknown });
  outgoing.writeHead(200, { 'content-type': 'application/json' });
  outgoing.end(JSON.stringify({ jsonrpc: '2.0', id, result: {} }));
};
