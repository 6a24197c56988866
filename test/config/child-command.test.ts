import { describe, expect, it } from 'vitest';
import { files, load, loadService, problems, sound } from './loading.ts';

const { MCP_OAUTH_ISSUER } = sound;
const issuer = { MCP_OAUTH_ISSUER };

/** The configuration file with this `upstream`, and the variables around it. */
function inFile(upstream: string, env: Readonly<Record<string, string>> = {}) {
  const all = { ...issuer, MCP_OAUTH_CONFIG_FILE: 'c.yaml', ...env };
  return [all, files({ 'c.yaml': `upstream:\n${upstream}\n` })] as const;
}

describe('the command of an MCP server', () => {
  it('stands behind --, or in the file', () => {
    const command = ['npx', '-y', 'server', '--flag'];
    const expected = {
      transport: 'stdio',
      program: 'npx',
      args: ['-y', 'server', '--flag'],
      cwd: null,
      env: {},
      maxChildren: 32,
      maxChildrenPerPrincipal: 8,
      idleMs: 1_800_000,
      startTimeoutMs: 120_000,
    };
    expect(loadService(issuer, { command }).upstream).toEqual(expected);
    expect(loadService(...inFile(`  command: ${JSON.stringify(command)}`)).upstream).toEqual(
      expected,
    );
  });

  it('has a directory, variables and limits in the file', () => {
    const upstream = `
  command: [server]
  cwd: /srv
  env: { FILE: "/data/{principal}", LEVEL: 3, DEBUG: true, KEY: "{env.SERVER_KEY}" }
  maxChildren: 4
  maxChildrenPerPrincipal: 2
  idleSeconds: 60`;
    expect(loadService(...inFile(upstream, { SERVER_KEY: 'k' })).upstream).toMatchObject({
      cwd: '/srv',
      env: {
        FILE: [{ kind: 'text', text: '/data/' }, { kind: 'principal' }],
        LEVEL: [{ kind: 'text', text: '3' }],
        DEBUG: [{ kind: 'text', text: 'true' }],
        KEY: [{ kind: 'text', text: 'k' }],
      },
      maxChildren: 4,
      maxChildrenPerPrincipal: 2,
      idleMs: 60_000,
    });
  });

  it('stands in each of several upstreams, and is not inherited', () => {
    const file = `
upstreams:
  - { resource: "https://mcp.example/a", upstream: { command: [a] } }
  - { resource: "https://mcp.example/b", upstream: "http://127.0.0.1:9000/mcp" }`;
    const all = { ...issuer, MCP_OAUTH_CONFIG_FILE: 'c.yaml' };
    const { services } = load(all, files({ 'c.yaml': file }));
    expect(services.map(({ upstream }) => upstream.transport)).toEqual(['stdio', 'http']);
  });

  it.each<[string, string, RegExp]>([
    ['a list of nothing', '  command: []', /c\.yaml:2:12: upstream: command: names no program\./],
    ['a text', '  command: npx server', /command: must be a list: the program, then/],
    ['no command', '  cwd: /srv', /c\.yaml:2:3: upstream: command: must be a list/],
    ['a misspelt key', '  command: [a]\n  environment: {}', /does not know environment\./],
    ['a directory that is empty', '  command: [a]\n  cwd: ""', /cwd: is empty/],
    ['a variable without a value', '  command: [a]\n  env: { A: }', /env\.A: must be text/],
    ['a variable with a bad name', '  command: [a]\n  env: { "A=B": x }', /env\.A=B: /],
    ['no child at all', '  command: [a]\n  maxChildren: 0', /maxChildren: must be 1 or more/],
    ['no time at all', '  command: [a]\n  idleSeconds: 0', /idleSeconds: must be 1 or more\./],
    [
      'more children than there may be',
      '  command: [a]\n  maxChildren: 10001',
      /maxChildren: must be 10000 or less\./,
    ],
    [
      'an unknown placeholder',
      '  command: [a]\n  env: { A: "{user}" }',
      /upstream: env\.A: has the unknown placeholder \{user\}/,
    ],
    [
      'a variable that is not set',
      '  command: [a]\n  env: { A: "{env.NOWHERE}" }',
      /env\.A: names the variable NOWHERE, which is not set\./,
    ],
    [
      'a setting of the gateway',
      '  command: [a]\n  env: { A: "{env.MCP_OAUTH_ISSUER}" }',
      /names the variable MCP_OAUTH_ISSUER, which is not set\./,
    ],
    ['a NUL', '  command: ["a\\0b"]', /command\.0: must not contain the character NUL/],
  ])('is refused with %s, and where that stands', (_, upstream, message) => {
    expect(problems(...inFile(upstream))).toEqual([expect.stringMatching(message)]);
  });

  it('is refused behind -- when there is none', () => {
    expect(problems(issuer, { command: [] })).toEqual(['--: command: names no program.']);
  });

  it('cannot be combined with a URL, another command or several upstreams', () => {
    const command = ['server'];
    const keep = 'cannot be combined with';
    expect(problems(sound, { command })).toEqual([
      expect.stringContaining(`MCP_OAUTH_UPSTREAM: ${keep} a command`),
    ]);
    const [env, options] = inFile('  command: [other]');
    expect(problems(env, { ...options, command })).toEqual([
      expect.stringContaining(`--: ${keep} the command in the configuration file`),
    ]);
    const several = `
upstreams:
  - { resource: "https://mcp.example/a", upstream: { command: [a] } }`;
    const named = { ...issuer, MCP_OAUTH_CONFIG_FILE: 'c.yaml' };
    expect(problems(named, { ...files({ 'c.yaml': several }), command })).toEqual([
      expect.stringContaining(`--: ${keep} the upstreams of the configuration file`),
    ]);
  });

  it('gets no headers, so that no setting about them can go unheard', () => {
    const about = { MCP_OAUTH_UPSTREAM_TOKEN: 't', MCP_OAUTH_IDENTITY_HEADERS: 'X-User=subject' };
    const message = 'is about headers, and a command gets none. Set variables in its env instead.';
    expect(problems({ ...issuer, ...about }, { command: ['server'] })).toEqual([
      `MCP_OAUTH_UPSTREAM_TOKEN: ${message}`,
      `MCP_OAUTH_IDENTITY_HEADERS: ${message}`,
    ]);
  });
});
