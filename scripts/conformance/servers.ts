import { startGuarded } from './guarded.ts';
import { type Subject, startFixture } from './subject.ts';

/** A server of ours in the two ways the suite gets to see it. */
export interface Server {
  readonly title: string;
  /** How many checks it passes by itself, in the order of the rounds. */
  readonly passes: readonly number[];
  startBare(): Promise<Subject>;
  /** Behind the gateway, with a process of its own: some scenarios change what a server holds. */
  startGuarded(): Promise<Subject>;
}

function overHttp(title: string, fixture: string, passes: readonly number[]): Server {
  return {
    title,
    passes,
    startBare: () => startFixture(fixture),
    async startGuarded() {
      const upstream = await startFixture(fixture);
      const guarded = await startGuarded(upstream.url);
      return {
        url: guarded.url,
        async close() {
          await guarded.close();
          await upstream.close();
        },
      };
    },
  };
}

export const servers: readonly Server[] = [
  overHttp(
    'SDK v1',
    import.meta.resolve('../../test/conformance/fixtures/sdk-v1.ts'),
    [84, 11, 44],
  ),
  overHttp(
    'SDK v2',
    import.meta.resolve('../../test/conformance/fixtures/sdk-v2.ts'),
    [84, 164, 44],
  ),
];
