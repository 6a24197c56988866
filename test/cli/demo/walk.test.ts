import { describe, expect, it } from 'vitest';
import { type DemoFlags, demo as runDemoCommand } from '../../../src/cli/demo-command.ts';
import { run } from '../../../src/cli/run.ts';

async function walk(flags: DemoFlags): Promise<{ code: number; output: string }> {
  let output = '';
  const write = (text: string) => {
    output += text;
    return true;
  };
  const stdout = { write, isTTY: false } as unknown as NodeJS.WriteStream;
  return { code: await runDemoCommand({ exit: true, ...flags }, { env: {}, stdout }), output };
}

async function demo(...flags: readonly string[]): Promise<{ code: number; output: string }> {
  let output = '';
  const write = (text: string) => {
    output += text;
    return true;
  };
  const stdout = { write, isTTY: false } as unknown as NodeJS.WriteStream;
  const code = await run(['demo', '--exit', ...flags], { env: {}, stdout, stderr: stdout });
  return { code, output };
}

function stepTitles(output: string): readonly string[] {
  return [...output.matchAll(/^ {1,2}\d+ {2}(.+)$/gm)].map(([, title = '']) => title);
}

describe('mcp-doorman demo --exit', () => {
  it('takes the whole walk through the real gateway, twice at once', async () => {
    for (const { code, output } of await Promise.all([demo(), demo()])) {
      expect(output).not.toContain('✗');
      expect(code).toBe(0);
      expect(stepTitles(output)).toEqual([
        'A client without a token is turned away, and told where to ask',
        'It asks the gateway which identity provider to trust (RFC 9728)',
        'It asks that issuer how to log in (RFC 8414)',
        'It registers itself: nobody had to create a client by hand (RFC 7591)',
        'Ada logs in and allows what the client asks for',
        'The client trades the code for a token made out to this one server',
        'With the token it comes in, and sees the tools',
        'Ada reads and writes notes',
        'A slow tool streams its progress through the gateway',
        'Deleting every note needs more than Ada allowed',
        'Could one forge a token that says more? No',
        'So the client asks for more, and Ada allows it (step-up)',
        'The same call goes through',
      ]);
      expect(output).toContain('Every step went as it should.');
    }
  });

  it('prints no token, no colour and nothing to paste that would be gone', async () => {
    const { output } = await demo();
    expect(output).not.toMatch(/eyJ/);
    expect(output).not.toContain('\x1b[');
    expect(output).not.toContain('claude mcp add');
  });
});

describe.each([
  [{ tokens: 'opaque' }],
  [{ dpop: true }],
  [{ tokens: 'opaque', dpop: true }],
] as const)('the walk of the demo with %o', (flags) => {
  it('goes as it should and prints no secret', async () => {
    const { code, output } = await walk(flags);
    expect(output).not.toContain('✗');
    expect(code).toBe(0);
    expect(output).not.toContain('eyJ');
    const titles = stepTitles(output).join('\n');
    const { tokens = 'jwt', dpop = false } = flags as DemoFlags;
    expect(titles.includes('Could a thief use the real token?')).toBe(dpop);
    expect(titles.includes('Ada has the token revoked')).toBe(tokens === 'opaque');
    expect(titles.includes('Could one forge a token')).toBe(tokens === 'jwt');
    expect(output.includes('type DPoP')).toBe(dpop);
    expect(output.includes('opaque: a random string')).toBe(tokens === 'opaque');
    expect(/DPoP: ‹proof [0-9a-f]{8}› htm=POST htu=http/.test(output)).toBe(dpop);
    expect(output).toContain('Every step went as it should.');
  });
});

describe('mcp-doorman demo --tokens', () => {
  it.each(['', 'JWT', 'reference'])('refuses %o, and says what there is', async (tokens) => {
    await expect(walk({ tokens })).rejects.toThrow('--tokens');
  });
});
