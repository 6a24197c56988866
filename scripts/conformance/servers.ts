import { fileURLToPath } from 'node:url';
import type { Expectation } from './comparison.ts';
import { startGuarded } from './guarded.ts';
import type { Round } from './referee.ts';
import { type Subject, startFixture } from './subject.ts';

/** A server of ours in the two ways the suite gets to see it. */
export interface Server {
  readonly title: string;
  /** In the order of the rounds. */
  readonly expectations: readonly Expectation[];
  startBare(round: Round): Promise<Subject>;
  /** Behind the gateway, with processes of its own: some scenarios change what a server holds. */
  startGuarded(): Promise<Subject>;
}

const sdkV1 = import.meta.resolve('../../test/conformance/fixtures/sdk-v1.ts');
const sdkV2 = import.meta.resolve('../../test/conformance/fixtures/sdk-v2.ts');
const stdio = import.meta.resolve('../../test/conformance/fixtures/stdio.ts');
const stdioBridge = import.meta.resolve('../../test/conformance/fixtures/stdio-bridge.ts');

function passing(passes: number, stricter: readonly string[] = []): Expectation {
  return { passes, stricter };
}

/** The gateway knows every task there is, and needs no server to say that one is unknown. */
const aboutTasks = ['sep-2663-tasks-get-invalid-task-id-32602'];

/** What 2026-07-28 demands of the HTTP side, and a server that does not speak it does not do. */
const aboutRevision = [
  ...aboutTasks,
  'sep-2575-http-server-error-jsonrpc-id',
  'sep-2575-http-server-header-mismatch-400',
  'sep-2575-request-meta-invalid-missing-client-capabilities',
  'sep-2575-request-meta-invalid-missing-meta',
  'sep-2575-request-meta-invalid-missing-protocol-version',
  'sep-2663-tasks-result-removed-method-not-found',
  'tasks-headers-reject-mismatched-method',
];

function overHttp(
  title: string,
  node: string,
  fixture: string,
  expectations: readonly Expectation[],
): Server {
  return {
    title,
    expectations,
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
    overHttp('SDK v1', node, sdkV1, [passing(84), passing(11, aboutRevision), passing(44)]),
    overHttp('SDK v2', node, sdkV2, [passing(84), passing(164, aboutTasks), passing(44)]),
    {
      title: 'SDK v2, stdio',
      expectations: [passing(82), passing(164, aboutTasks), passing(44)],
      // The SDK has no way from HTTP to stdio for 2026-07-28; its own HTTP side is the measure then.
      startBare: ({ revision }) =>
        startFixture(node, revision === '2026-07-28' ? sdkV2 : stdioBridge),
      startGuarded: () => startGuarded({ command: [node, fileURLToPath(stdio)], ...manyChildren }),
    },
  ];
}
