import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { thisMachine } from '../machine.ts';
import { installedRuntimes } from './packages.ts';

// `npm run test:runtimes`: the library and its examples on Node 22 and 24 (`npm test` has Node 20, or
// whatever runs it), and in Deno and workerd.

const root = fileURLToPath(new URL('../..', import.meta.url));
const vitest = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url));
const library = ['adapters', 'examples', 'library', 'contract/refusals.test.ts'];

const { nodes, deno, miniflare } = await installedRuntimes(thisMachine, process);

/** @returns whether all tests of the run have passed. */
function passes(node: string, args: readonly string[]): Promise<boolean> {
  const env = { ...process.env, NODE_22: nodes[22], DENO: deno, MINIFLARE: miniflare };
  const child = spawn(node, [vitest, 'run', ...args], { cwd: root, env, stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code === 0));
  });
}

const results: boolean[] = [];
for (const [major, node] of Object.entries(nodes)) {
  thisMachine.say(`Node ${major}:`);
  results.push(
    await passes(
      node,
      library.map((name) => `test/${name}`),
    ),
  );
}
thisMachine.say('Deno and workerd:');
results.push(await passes(process.execPath, ['--config', 'vitest.runtimes.config.ts']));
process.exitCode = results.every(Boolean) ? 0 : 1;
