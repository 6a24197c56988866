import type { Context, Env, MiddlewareHandler } from 'hono';
import type { ResourceServer } from '../library/resource-server.ts';
import { type Caller, createMount, type MountOptions } from './mount.ts';

export type { MountOptions };

/** What a handler finds in `c.var`. */
export type DoormanVariables = Caller;

/** Answers admitted requests; the body of `c.req` is the canonical message that was judged. */
export type HonoHandler<E extends Env> = (
  c: Context<E & { Variables: DoormanVariables }>,
) => Response | Promise<Response>;

/**
 * Mounts metadata, guard and handler in a Hono app with one call, `app.use(doorman(…))`. The handler
 * is reached through the guard and in no other way, however the app's own routes are written; every
 * path but the resource's and its metadata's goes on to them. Use it before anything that reads the
 * request body.
 *
 * Not filtered: what a handler writes to the socket itself (`c.env.outgoing`); answer with a
 * `Response`.
 *
 * @throws TypeError for an allowed origin that no browser sends, and at a request whose body was
 *   read before
 */
export function doorman<E extends Env = Env>(
  server: ResourceServer,
  handler: HonoHandler<E>,
  options?: MountOptions,
): MiddlewareHandler<E> {
  const mount = createMount(server, options);
  return async (c, next) => {
    const { raw } = c.req;
    if (!mount.serves(new URL(raw.url).pathname)) return next();
    if (raw.bodyUsed) throw new TypeError('doorman must come before what reads the request body');
    const entered = await mount.enter(raw);
    if (entered instanceof Response) return entered;
    const guarded = c as unknown as Context<E & { Variables: DoormanVariables }>;
    guarded.set('principal', entered.principal);
    guarded.set('authInfo', entered.authInfo);
    guarded.req.raw = entered.request;
    return entered.leave(await handler(guarded));
  };
}
