import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Idp, startIdp } from '../../src/cli/demo/idp.ts';
import { reservePort } from '../../src/cli/demo/listen.ts';
import { mintToken } from '../support/gateway-rig.ts';

/** An example that runs: where to send requests, and how to end it. */
export interface Running {
  /** Sends a request as its clients do. */
  send(request: Request): Promise<Response>;
  close(): Promise<void>;
}

export interface Environment {
  readonly ISSUER: string;
  readonly RESOURCE: string;
}

const scopes = ['notes:read', 'notes:admin'];

interface Reply {
  readonly result?: {
    readonly content?: readonly { readonly text: string }[];
    readonly tools?: readonly { readonly name: string }[];
  };
}

/** The message of an answer, whether it came as JSON or as the one event of a stream. */
async function messageOf(response: Response): Promise<Reply> {
  const text = await response.text();
  const data = /^data: (.*)$/m.exec(text)?.[1];
  return JSON.parse(data ?? text) as Reply;
}

export interface Example {
  readonly name: string;
  /** Whether lists leave out what a step-up would unlock. */
  readonly filters?: boolean;
  start(env: Environment): Promise<Running>;
}

/** What every example has to show: refusal and metadata, step-up, the caller's identity, lists. */
export function describeExamples(examples: readonly Example[]): void {
  let idp: Idp;
  beforeAll(async () => {
    idp = await startIdp({ resource: 'http://localhost/mcp', scopes, autoLogin: 'alice' });
  });
  afterAll(() => idp?.close());

  describe.each(examples)('the example $name', ({ filters = true, start }) => {
    let resource: string;
    let running: Running;

    beforeAll(async () => {
      const { port, release } = await reservePort(0);
      await release();
      resource = `http://localhost:${port}/mcp`;
      running = await start({ ISSUER: idp.issuer, RESOURCE: resource });
    });
    afterAll(() => running?.close());

    function post(method: string, params: object, token: string | null): Promise<Response> {
      return running.send(
        new Request(resource, {
          method: 'POST',
          headers: {
            'Content-Type': 'application/json',
            Accept: 'application/json, text/event-stream',
            ...(token !== null && { Authorization: `Bearer ${token}` }),
          },
          body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
        }),
      );
    }
    const mint = (scope = 'notes:read') => mintToken(idp, { aud: resource, scope });

    it('refuses a call without a token, and says where to get one', async () => {
      const refused = await post('tools/call', { name: 'whoami' }, null);
      expect(refused.status).toBe(401);
      const [, url = ''] =
        /resource_metadata="([^"]+)"/.exec(refused.headers.get('WWW-Authenticate') ?? '') ?? [];
      const metadata = await running.send(new Request(url));
      expect(await metadata.json()).toMatchObject({
        resource,
        authorization_servers: [idp.issuer],
        scopes_supported: ['notes:read'],
      });
    });

    it('tells a permitted call who calls', async () => {
      const answer = await post('tools/call', { name: 'whoami' }, await mint());
      expect(answer.status).toBe(200);
      const { result } = await messageOf(answer);
      expect(result?.content?.[0]?.text).toBe('You are alice');
    });

    it('asks for a step-up where a call needs more, and grants it with that', async () => {
      const refused = await post('tools/call', { name: 'purge' }, await mint());
      expect(refused.status).toBe(403);
      expect(refused.headers.get('WWW-Authenticate')).toMatch(
        /error="insufficient_scope".*scope="[^"]*notes:admin/,
      );
      const granted = await post('tools/call', { name: 'purge' }, await mint(scopes.join(' ')));
      expect(granted.status).toBe(200);
      expect((await messageOf(granted)).result?.content?.[0]?.text).toBe('Gone');
    });

    it('lists what its reader may use', async () => {
      const names = async (scope?: string): Promise<readonly string[]> => {
        const { result } = await messageOf(await post('tools/list', {}, await mint(scope)));
        return (result?.tools ?? []).map(({ name: tool }) => tool).sort();
      };
      expect(await names()).toEqual(filters ? ['whoami'] : ['purge', 'whoami']);
      expect(await names(scopes.join(' '))).toEqual(['purge', 'whoami']);
    });
  });
}
