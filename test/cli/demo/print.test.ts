import { describe, expect, it } from 'vitest';
import { createPrinter } from '../../../src/cli/demo/print.ts';
import type { Exchange } from '../../../src/cli/demo/trace.ts';

const ansi = '\x1b[';
const jwt = `eyJhbGciOiJSUzI1NiJ9.${Buffer.from(
  JSON.stringify({
    sub: 'Ada',
    aud: 'http://localhost/mcp',
    scope: 'notes:read',
    iat: 0,
    exp: 600,
  }),
).toString('base64url')}.c2lnbmF0dXJl`;

const refusal: Exchange = {
  method: 'POST',
  url: new URL('http://localhost:3000/mcp'),
  operation: 'tools/call notes_purge',
  sent: [],
  status: 403,
  received: [],
  challenge:
    'Bearer resource_metadata="http://localhost:3000/.well-known/oauth-protected-resource/mcp", error="insufficient_scope", scope="notes:read notes:admin", error_description="It lacks \\"more\\", sorry."',
  mediaType: 'application/json',
  body: {},
};

function printed(
  screen: { isTTY?: boolean; columns?: number },
  env: NodeJS.ProcessEnv,
  use: (printer: ReturnType<typeof createPrinter>) => void,
): string {
  let output = '';
  const write = (text: string) => {
    output += text;
  };
  use(createPrinter({ ...screen, write }, env));
  return output;
}

describe('createPrinter', () => {
  it('uses colour on a terminal', () => {
    const output = printed({ isTTY: true }, {}, (printer) => printer.passed('fine'));
    expect(output).toContain(ansi);
  });

  it.each([
    ['the output is no terminal', {}, {}],
    ['NO_COLOR is set', { isTTY: true }, { NO_COLOR: '1' }],
    ['the terminal is dumb', { isTTY: true }, { TERM: 'dumb' }],
  ])('uses no colour when %s', (_case, screen, env) => {
    const output = printed(screen, env, (printer) => {
      printer.heading('title');
      printer.step(1, 'step');
      printer.exchange(refusal);
      printer.passed('fine');
      printer.failed('bad', ['got this']);
      printer.remark('by the way');
      printer.command('do', 'this');
    });
    expect(output).not.toContain(ansi);
    expect(output).toContain('✓ fine');
  });

  it('puts every parameter of a challenge on its own line, quoted commas and all', () => {
    const lines = printed({}, {}, (printer) => printer.exchange(refusal)).split('\n');
    expect(lines.map((line) => line.trim())).toEqual([
      '→ POST localhost:3000/mcp  tools/call notes_purge',
      '← 403 Forbidden',
      'WWW-Authenticate: Bearer',
      'resource_metadata="http://localhost:3000/.well-known/oauth-protected-resource/mcp"',
      'error="insufficient_scope"',
      'scope="notes:read notes:admin"',
      'error_description="It lacks \\"more\\", sorry."',
      '',
    ]);
  });

  it.each([
    [20, 60],
    [70, 70],
    [400, 100],
    [undefined, 80],
  ])('fits a terminal of %s columns within %i', (columns, width) => {
    const screen = columns === undefined ? {} : { columns };
    const text = 'several words '.repeat(40);
    const output = printed(screen, {}, (printer) => {
      printer.step(1, text);
      printer.remark(text);
      printer.passed(text);
      printer.facts([['name', text]]);
    });
    const longest = Math.max(...output.split('\n').map((line) => line.length));
    expect(longest).toBeLessThanOrEqual(width);
    expect(longest).toBeGreaterThan(width - 15);
  });

  it('never wraps a line that is there to be copied', () => {
    const command = `curl ${'x'.repeat(150)} -d '{}'`;
    expect(printed({}, {}, (printer) => printer.command('curl', command))).toContain(command);
  });

  it('cuts a token out of whatever it is given', () => {
    const output = printed({}, {}, (printer) => {
      printer.remark(`Bearer ${jwt} was here`);
      printer.failed(jwt, [jwt]);
      printer.facts([['token', jwt]]);
    });
    expect(output).not.toContain(jwt);
    expect(output).toContain('‹token›');
  });
});
