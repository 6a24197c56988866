import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Machine } from '../../../scripts/machine.ts';
import lock from '../../../scripts/runtimes/packages/package-lock.json' with { type: 'json' };
import { installedRuntimes } from '../../../scripts/runtimes/packages.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mcp-doorman-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const linux = { platform: 'linux', arch: 'x64' } as const;

/** A machine whose npm brings some programs, all empty. */
function machineWith(programs: readonly string[]): Machine & { readonly ran: readonly string[] } {
  const ran: string[] = [];
  return {
    env: { XDG_CACHE_HOME: folder },
    isRoot: false,
    has: () => true,
    say: () => {},
    ran,
    async run(program, args, { cwd = '' } = {}) {
      ran.push([program, ...args].join(' '));
      if (program !== 'npm') return;
      for (const name of programs) {
        const path = join(cwd, 'node_modules', name);
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, '');
      }
    },
  };
}

const all = [
  'node-22-linux-x64/bin/node',
  'node-24-linux-x64/bin/node',
  '@deno/linux-x64-glibc/deno',
];

describe('the runtimes', () => {
  it('are installed as their lock file says, tried once, and then found', async () => {
    const machine = machineWith(all);
    const { nodes, deno } = await installedRuntimes(machine, linux);
    expect([nodes[22], nodes[24], deno].map((path) => path.split('node_modules/')[1])).toEqual(all);
    expect(machine.ran).toEqual([
      'npm ci --no-audit --no-fund --ignore-scripts',
      ...all.map((name) => expect.stringContaining(`${name} --version`)),
    ]);
    const again = machineWith([]);
    expect((await installedRuntimes(again, linux)).deno).toBe(deno);
    expect(again.ran).toEqual([]);
  });

  it('leave nothing behind where npm left one out', async () => {
    const [first = '', , third = ''] = all;
    await expect(installedRuntimes(machineWith([first, third]), linux)).rejects.toThrow(
      'npm left out node_modules/node-24-linux-x64/bin/node.',
    );
    expect(readdirSync(join(folder, 'mcp-doorman'))).toEqual([]);
  });

  it('say where there are none', async () => {
    const elsewhere = { platform: 'sunos', arch: 'x64' } as const;
    await expect(installedRuntimes(machineWith(all), elsewhere)).rejects.toThrow(
      'npm has no Node and Deno for sunos-x64.',
    );
  });

  it('are pinned by a hash each, and name no registry', () => {
    const { '': _root, ...packages } = lock.packages as Record<string, Record<string, unknown>>;
    for (const [name, entry] of Object.entries(packages)) {
      expect(entry.integrity, name).toMatch(/^sha512-/);
      expect(entry, name).not.toHaveProperty('resolved');
    }
  });
});
