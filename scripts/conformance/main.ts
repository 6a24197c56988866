import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { thisMachine } from '../machine.ts';
import { type Comparison, compare, fallsShort, report } from './comparison.ts';
import { judge, type Round, rounds } from './referee.ts';
import { type Server, servers } from './servers.ts';
import { installedSuites } from './suites.ts';

// `npm run test:conformance`: the official suite judges each server bare and behind the gateway, and
// every check has to come out the same.

const folder = mkdtempSync(join(tmpdir(), 'mcp-doorman-conformance-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const suites = await installedSuites(thisMachine, process);

async function compareOne(server: Server, round: Round, passes: number): Promise<Comparison> {
  const bare = await server.startBare(round);
  const guarded = await server.startGuarded();
  const results = mkdtempSync(join(folder, 'results-'));
  const [direct, through] = await Promise.all([
    judge(suites, round, bare.url, join(results, 'direct')),
    judge(suites, round, guarded.url, join(results, 'through')),
  ]);
  await Promise.all([bare.close(), guarded.close()]);
  return compare({ server: server.title, round: round.title, passes }, direct, through);
}

const comparisons: Comparison[] = [];
for (const server of servers(suites.node)) {
  for (const [index, passes] of server.passes.entries()) {
    comparisons.push(await compareOne(server, rounds[index] as Round, passes));
  }
}
const count = comparisons.reduce((sum, { differences }) => sum + differences.length, 0);
process.stdout.write(`${report(comparisons)}\n\n${count} differences\n`);
process.exit(count === 0 && !comparisons.some(fallsShort) ? 0 : 1);
