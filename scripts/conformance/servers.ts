import { fileURLToPath } from 'node:url';
import { startGuarded } from './guarded.ts';
import type { Round } from './referee.ts';
import { type Subject, startFixture } from './subject.ts';

/** A server of ours in the two ways the suite gets to see it. */
export interface Server {
  readonly title: string;
  /**
   * Checks that it passes by itself, at least, in the order of the rounds: equality of few would
   * prove nothing.
   */
  readonly passes: readonly number[];
  startBare(round: Round): Promise<Subject>;
  /** Behind the gateway, with processes of its own: some scenarios change what a server holds. */
  startGuarded(): Promise<Subject>;
}

const sdkV1 = import.meta.resolve('../../test/conformance/fixtures/sdk-v1.ts');
const sdkV2 = import.meta.resolve('../../test/conformance/fixtures/sdk-v2.ts');
const stdio = import.meta.resolve('../../test/conformance/fixtures/stdio.ts');
const stdioBridge = import.meta.resolve('../../test/conformance/fixtures/stdio-bridge.ts');

function overHttp(title: string, node: string, fixture: string, passes: readonly number[]): Server {
  return {
    title,
    passes,
    startBare: () => startFixture(node, fixture),
    async startGuarded() {
      const upstream = await startFixture(node, fixture);
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

/** One child a session, and the suite opens many without ending them. */
const manyChildren = { maxChildren: 1_000, maxChildrenPerPrincipal: 1_000 };

/**
 * Every server that is compared.
 *
 * @param node runs them.
 */
export function servers(node: string): readonly Server[] {
  return [
    overHttp('SDK v1', node, sdkV1, [84, 25, 44]),
    overHttp('SDK v2', node, sdkV2, [84, 165, 44]),
    {
      title: 'SDK v2, stdio',
      passes: [82, 165, 44],
      // The SDK has no way from HTTP to stdio for 2026-07-28; its own HTTP side is the measure then.
      startBare: ({ revision }) =>
        startFixture(node, revision === '2026-07-28' ? sdkV2 : stdioBridge),
      startGuarded: () => startGuarded({ command: [node, fileURLToPath(stdio)], ...manyChildren }),
    },
  ];
}
