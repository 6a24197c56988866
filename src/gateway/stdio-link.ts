import { restoreNumbers } from './exact-numbers.ts';
import type { StdioChild } from './stdio-child.ts';
import type { Members, RequestId, WireError, WireMessage } from './stdio-message.ts';
import { metaOf, serverEnded } from './stdio-message.ts';

/** The result of a request, or its error. */
export type LinkAnswer =
  | { readonly result: Members; readonly error?: undefined }
  | { readonly error: WireError };

export interface LinkRequest {
  readonly method: string;
  readonly params?: Members | undefined;
  /** The asker's own id, where the server may name it in a notification. */
  readonly id?: RequestId;
  /** Takes the notifications that belong to this request. */
  readonly onNotification?: (notification: WireMessage) => void;
  /** Tells the server that nobody waits for the answer any more. */
  readonly signal?: AbortSignal;
}

/** Many askers over one child: each sees its own ids and tokens, and nothing of the others. */
export interface Link {
  /** @throws DoormanError `upstream_unavailable` where the child takes no request */
  request(request: LinkRequest): Promise<LinkAnswer>;
  notify(method: string): void;
  /** Adds one to be called with notifications that belong to no request. */
  onNotification(receive: (notification: WireMessage) => void): void;
}

/** Names the subscription that a notification belongs to (MCP 2026-07-28). */
const subscriptionKey = 'io.modelcontextprotocol/subscriptionId';
const methodNotFound = -32601;

function withMeta(members: Members | undefined, key: string, value: unknown): Members {
  return { ...members, _meta: { ...metaOf(members), [key]: value } };
}

/** Makes the link to a child. Ids and progress tokens on it are numbers of our own. */
export function createLink(child: StdioChild): Link {
  interface Asker extends LinkRequest {
    settle(answer: LinkAnswer): void;
  }
  const askers = new Map<number, Asker>();
  let last = 0;
  const untied: ((notification: WireMessage) => void)[] = [];

  function send(message: Omit<WireMessage, 'jsonrpc'>): void {
    child.send(restoreNumbers(JSON.stringify({ jsonrpc: '2.0', ...message })));
  }

  /** Sends what nobody waits for: who has ended does not need it any more. */
  function tell(message: Omit<WireMessage, 'jsonrpc'>): void {
    try {
      send(message);
    } catch {
      // Its end is told to all who wait for an answer.
    }
  }

  /** The members with the asker's own id where the server has put ours. */
  function withOwnId(members: Members, { id }: Asker): Members {
    return subscriptionKey in metaOf(members) ? withMeta(members, subscriptionKey, id) : members;
  }

  function settle(number: number, { result, error }: WireMessage): void {
    const asker = askers.get(number);
    askers.delete(number);
    asker?.settle(error === undefined ? { result: withOwnId(result ?? {}, asker) } : { error });
  }

  function receiveNotification(notification: WireMessage): void {
    const { params } = notification;
    const isProgress = notification.method === 'notifications/progress';
    const number = isProgress ? params?.progressToken : metaOf(params)[subscriptionKey];
    if (number === undefined) {
      for (const receive of untied) receive(notification);
      return;
    }
    // There are objects that cannot be made a number without an error, which would end the process.
    const asker = typeof number === 'object' ? undefined : askers.get(Number(number));
    if (asker === undefined || params === undefined) return;
    const { progressToken } = metaOf(asker.params);
    const own = isProgress ? { ...params, progressToken } : withOwnId(params, asker);
    asker.onNotification?.({ ...notification, params: own });
  }

  child.onMessage((message) => {
    if (message.method === undefined) return settle(Number(message.id), message);
    if (message.id === undefined) return receiveNotification(message);
    // Nobody here can be asked: every client of the child speaks for itself only.
    const answer =
      message.method === 'ping'
        ? { result: {} }
        : { error: { code: methodNotFound, message: 'Method not found' } };
    tell({ id: message.id, ...answer });
  });
  void child.ended.then(() => {
    for (const { settle } of askers.values()) settle({ error: serverEnded });
    askers.clear();
  });

  return {
    request(request) {
      const { method, params, signal } = request;
      last += 1;
      const id = last;
      const tokened = 'progressToken' in metaOf(params);
      return new Promise((resolve, reject) => {
        const cancel = (): void => {
          if (!askers.delete(id)) return;
          reject(signal?.reason);
          tell({ method: 'notifications/cancelled', params: { requestId: id } });
        };
        const settle = (answer: LinkAnswer): void => {
          signal?.removeEventListener('abort', cancel);
          resolve(answer);
        };
        signal?.throwIfAborted();
        askers.set(id, { ...request, settle });
        signal?.addEventListener('abort', cancel);
        const sent = tokened ? withMeta(params, 'progressToken', id) : params;
        try {
          send({ id, method, ...(sent !== undefined && { params: sent }) });
        } catch (error) {
          askers.delete(id);
          throw error;
        }
      });
    },
    notify: (method) => tell({ method }),
    onNotification: (receive) => void untied.push(receive),
  };
}
