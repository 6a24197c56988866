import type { ResourceServer } from '../library/resource-server.ts';
import { type Caller, createMount, type MountOptions } from './mount.ts';

export type { Caller, MountOptions };

/**
 * Answers admitted requests.
 *
 * @param request its body is the canonical message that was judged.
 * @param caller who calls.
 * @param rest whatever the runtime hands on, such as `env` and `ctx` of a worker.
 */
export type FetchHandler<Rest extends readonly unknown[] = []> = (
  request: Request,
  caller: Caller,
  ...rest: Rest
) => Response | Promise<Response>;

/**
 * Stands in front of a fetch handler: Cloudflare Workers, Deno, Bun, a route handler of Next.js. The
 * handler is reached through the guard and in no other way; metadata is answered here, and every
 * path that is neither is 404.
 *
 * @returns the protected handler. It rejects only with an error of the handler itself.
 * @throws TypeError for an allowed origin that no browser sends
 */
export function doorman<Rest extends readonly unknown[] = []>(
  server: ResourceServer,
  handler: FetchHandler<Rest>,
  options?: MountOptions,
): (request: Request, ...rest: Rest) => Promise<Response> {
  const mount = createMount(server, options);
  return async (request, ...rest) => {
    const entered = await mount.enter(request);
    if (entered instanceof Response) return entered;
    const { principal, authInfo } = entered;
    return entered.leave(await handler(entered.request, { principal, authInfo }, ...rest));
  };
}
