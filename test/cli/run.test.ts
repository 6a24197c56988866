import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { settingDescriptions } from '../../src/config/settings.ts';
import { screen } from '../support/screen.ts';

async function runWith(argv: readonly string[], env: Record<string, string> = {}) {
  const stdout = screen();
  const stderr = screen();
  const code = await run(argv, { env, stdout, stderr });
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

describe('run', () => {
  it('prints the version of the package', async () => {
    const { version } = JSON.parse(
      readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
    );
    expect(await runWith(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('explains every setting in --help, with its variable', async () => {
    const { code, stdout } = await runWith(['--help']);
    expect(code).toBe(0);
    const unwrapped = stdout.replace(/\s+/g, ' ');
    for (const { flag, placeholder, env, help } of settingDescriptions) {
      const entry = flag === null ? ` ${env} ${help}` : `${flag} <${placeholder}> ${help} [${env}`;
      expect(unwrapped).toContain(entry);
    }
    expect(unwrapped).toContain('demo [options]');
  });

  it('leaves with 2 and all problems where nothing is configured, and prints nothing else', async () => {
    const { code, stdout, stderr } = await runWith([]);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(
      /2 problems; nothing was started\.\n {2}MCP_OAUTH_ISSUER: .*\n {2}MCP_OAUTH_UPSTREAM: /,
    );
  });

  it.each([
    ['an unknown flag', ['--isuer', 'x'], /unknown option '--isuer'.*--issuer/s],
    ['a flag without its value', ['--issuer'], /argument missing/],
    ['an unknown command', ['sevre'], /sevre: is no command; there are demo and token/],
    ['a command without --', ['npx', 'server'], /npx: is no command.*or its command behind --/],
    ['no command behind --', ['--'], /--: command: names no program/],
    ['a command named like one of ours', ['--', 'demo'], /MCP_OAUTH_ISSUER: is not set/],
    ['a server for the demo', ['demo', '--', 'npx'], /--: is not for demo: it starts no server/],
    ['a flag that swallows the next', ['--issuer', '--port', '4'], /--issuer: needs a <url>/],
    ['a port that is none', ['demo', '--port', '99999'], /--port: must be 0 to 65535/],
    ['a port that is no number', ['demo', '--idp-port', 'x'], /--idp-port: must be 0 to 65535/],
  ])('leaves with 2 on %s', async (_, argv, message) => {
    const { code, stdout, stderr } = await runWith(argv);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(message);
  });

  it('takes a flag for a setting, and complains about it under that name', async () => {
    const { stderr } = await runWith(['--issuer', 'http://idp.example', '--upstream', 'x:y']);
    expect(stderr).toContain('--issuer: must use https://');
    expect(stderr).toContain('--upstream: ');
  });

  it('does not repeat the value of a flag that it does not know', async () => {
    for (const value of ['cAnArY', "cAn'ArY=\nx"]) {
      const { code, stderr } = await runWith([`--client-secret=${value}`]);
      expect(code).toBe(2);
      expect(stderr).toContain("unknown option '--client-secret'");
      expect(stderr).not.toMatch(/cAn|ArY/);
    }
  });

  it('leaves with 1 when the address cannot be had', async () => {
    const flags = ['--issuer', 'https://idp.example', '--upstream', 'http://127.0.0.1:9/mcp'];
    const resource = ['--resource', 'https://mcp.example/mcp'];
    const address = ['--host', '203.0.113.1', '--port', '0'];
    const { code, stdout, stderr } = await runWith([...flags, ...resource, ...address]);
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toBe(
      '203.0.113.1 is not an address of this machine; choose another with --host (EADDRNOTAVAIL).\n',
    );
  });
});
