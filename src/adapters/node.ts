import type { IncomingMessage, ServerResponse } from 'node:http';
import { DoormanError } from '../core/errors.ts';
import { splitResource } from '../http/resource.ts';
import type { ResourceServer } from '../library/resource-server.ts';
import { createMount, type MountOptions, type Passage } from './mount.ts';
import { captureAnswer, sendResponse } from './node-answer.ts';
import type { Next, NodeHandler } from './node-request.ts';
import { dropUnjudged, handOver, leavesBodyBehind, rawPath, webRequest } from './node-request.ts';

export type { Guarded, Next, NodeHandler } from './node-request.ts';
export type { MountOptions };

function refuse(req: IncomingMessage, res: ServerResponse, refusal: Response): Promise<void> {
  if (leavesBodyBehind(req)) res.setHeader('Connection', 'close');
  return sendResponse(refusal, res);
}

/**
 * Stands in front of a handler of Express 4 or 5 (`app.use(doorman(…))`), node:http
 * (`createServer(doorman(…))`) or Fastify (`onRequest` hook with `request.raw` and `reply.raw`). The
 * handler is reached through the guard and in no other way, however the routes around it are
 * written. Every path but the resource's and its metadata's goes on to `next`, or is 404 without
 * one. What the handler writes to `res` is filtered, streams included.
 *
 * @throws TypeError for an allowed origin that no browser sends, and at a request whose body was
 *   read before: mount it before `express.json()`
 */
export function doorman<Req extends IncomingMessage, Res extends ServerResponse>(
  server: ResourceServer,
  handler: NodeHandler<Req, Res>,
  options?: MountOptions,
): (req: Req, res: Res, next?: Next) => void {
  const mount = createMount(server, options);
  const { origin } = splitResource(server.resource);

  async function enter(req: Req, target: string): Promise<Passage | Response> {
    const { remoteAddress: clientAddress = '' } = req.socket;
    return dropUnjudged(req, await mount.enter(webRequest(req, target, origin), { clientAddress }));
  }

  async function serve(req: Req, res: Res, target: string, next: Next | undefined): Promise<void> {
    const entered = await enter(req, target).catch(server.refuse);
    if (entered instanceof Response) return refuse(req, res, entered);
    const { answer, send } = captureAnswer(res);
    await Promise.all([
      answer.then(entered.leave).then(send),
      handler(handOver(req, entered), res, next),
    ]);
  }

  return (req, res, next) => {
    const { originalUrl = req.url ?? '' } = req as { originalUrl?: string };
    if (!mount.serves(rawPath(originalUrl)))
      return next ? next() : refuse(req, res, server.refuse(new DoormanError('not_found')));
    if (req.readableDidRead) throw new TypeError('doorman must come before what reads the body');
    const done = serve(req, res, originalUrl, next);
    return next ? done.catch(next) : done;
  };
}
