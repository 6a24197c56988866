import { describe, expect, it } from 'vitest';
import { readyLines } from '../../../src/cli/demo/ready-lines.ts';

const resource = 'http://localhost:4567/mcp';

function command(title: string): string {
  const line = readyLines(resource, false).find((candidate) => candidate.title.includes(title));
  expect(line).toBeDefined();
  return line?.command ?? '';
}

function quotedJson(text: string): unknown {
  return JSON.parse(/'(\{.*\})'/.exec(text)?.[1] ?? '');
}

describe('readyLines', () => {
  it('names the endpoint in every line', () => {
    for (const line of readyLines(resource, false)) expect(line.command).toContain(resource);
  });

  it('names no client that cannot bind its tokens where they have to be bound', () => {
    expect(readyLines(resource, true).map(({ title }) => title)).toEqual([
      'curl, to see the challenge',
    ]);
  });

  it('gives VS Code an entry that is JSON', () => {
    expect(command('VS Code')).toMatch(/^code --add-mcp '/);
    expect(quotedJson(command('VS Code'))).toEqual({
      name: 'demo-notes',
      type: 'http',
      url: resource,
    });
  });

  it('gives Claude Code and the Inspector the HTTP transport', () => {
    expect(command('Claude Code')).toBe(`claude mcp add --transport http demo-notes ${resource}`);
    expect(command('Inspector')).toBe(
      `npx @modelcontextprotocol/inspector@2 --transport http --server-url ${resource}`,
    );
  });

  it('gives curl a message that is JSON, and no token', () => {
    const message = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
    expect(quotedJson(command('the challenge'))).toEqual(message);
    expect(command('the challenge')).not.toContain('Authorization');
  });
});
