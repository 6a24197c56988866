import { beforeEach, describe, expect, it } from 'vitest';
import { createReload } from '../../src/cli/reload.ts';
import type { Config } from '../../src/config/config.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { files, sound } from '../config/loading.ts';
import { recordingLog } from '../support/issuer.ts';

let log: ReturnType<typeof recordingLog>;
let inForce: Policy[];
let policyFile: string;
let unserved: string[];

function reload(env: Readonly<Record<string, string>> = {}): void {
  const { readFile } = files({ 'policy.yaml': policyFile });
  const options = {
    env: { ...sound, MCP_OAUTH_POLICY_FILE: 'policy.yaml', ...env },
    flags: {},
    insecureNoAuth: false,
    ...(readFile && { readFile }),
  };
  const gateway = {
    reload({ services }: Pick<Config, 'services'>) {
      inForce.push(...services.map(({ policy }) => policy));
      return unserved;
    },
  };
  createReload(options, gateway, log)();
}

beforeEach(() => {
  log = recordingLog();
  inForce = [];
  unserved = [];
});

describe('a reload', () => {
  it('puts the policy of the files as they are now into force, and says so', () => {
    policyFile = 'required: [mcp:new]';
    reload();
    expect(inForce).toMatchObject([{ required: ['mcp:new'] }]);
    expect(log.lines).toMatchObject([{ level: 'info', event: 'reloaded' }]);
  });

  it('tells which upstreams it cannot take up without a restart', () => {
    policyFile = '{}';
    unserved = ['https://mcp.example/new'];
    reload();
    expect(log.lines[0]?.fields).toMatchObject({ needsRestart: ['https://mcp.example/new'] });
  });

  it.each([
    ['an invalid policy', 'required: [mcp:new', {}],
    ['a file cut short', 'tools: [{ match: "a" }, { scopes: [x] }]', {}],
    ['anything else that is wrong', 'required: [mcp:new]', { MCP_OAUTH_UPSTREAM: 'nowhere' }],
    ['a file that is gone', '', { MCP_OAUTH_POLICY_FILE: 'gone.yaml' }],
  ])('changes nothing for %s, and says why in one line', (_, text, env) => {
    policyFile = text;
    reload(env);
    expect(inForce).toEqual([]);
    expect(log.lines).toMatchObject([{ level: 'error', event: 'reload_failed' }]);
    expect(log.lines[0]?.fields.problems).toContainEqual(expect.any(String));
  });

  it('tells all problems in that line', () => {
    policyFile = 'tool: []';
    reload({ MCP_OAUTH_UPSTREAM: 'nowhere' });
    expect(log.lines).toHaveLength(1);
    expect(log.lines[0]?.fields.problems).toEqual([
      expect.stringContaining('policy.yaml:1:1'),
      expect.stringContaining('MCP_OAUTH_UPSTREAM'),
    ]);
  });
});
