// A small MCP server on stdio that does what it is told, and much that no server should.
import { spawn } from 'node:child_process';
import { appendFileSync, closeSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';

const [, , mode = 'earlier'] = process.argv;
/** File that gets every line, where a test wants to count them. */
const { RECORD } = process.env;
const revision = '2026-07-28';
const received = [];
const waiting = [];
const serverInfo = { name: 'stdio-server', version: '1' };
const capabilities = { tools: { listChanged: true }, resources: { subscribe: true } };
const readOnly = { annotations: { readOnlyHint: true } };
const mirrored = { region: { type: 'string', 'x-mcp-header': 'Zone' } };
const tools = ['echo', 'environment', 'die', 'hang'].map((name) => ({
  name,
  inputSchema: { type: 'object', ...(name === 'echo' && { properties: mirrored }) },
  unknownToSchemas: true,
  ...(name === 'echo' && readOnly),
}));

if (mode === 'exits') process.exit(7);
if (mode === 'stubborn') process.on('SIGTERM', () => {});

const write = (text) => writeSync(1, `${text}\n`);
const send = (message) => write(JSON.stringify({ jsonrpc: '2.0', ...message }));

/** What each tool does; what it returns is the answer, `undefined` for none. */
const work = {
  echo: (args) => ({ structuredContent: args, unknownToSchemas: { kept: true } }),
  environment: () => ({ structuredContent: process.env }),
  directory: () => ({ structuredContent: { directory: process.cwd() } }),
  received: () => ({ structuredContent: { received } }),
  says: ({ lines }) => {
    for (const line of lines) write(line);
    return {};
  },
  exact: (_args, id) =>
    write(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"n":12345678901234567890}}`),
  writes: ({ bytes }) => {
    const chunk = 'x'.repeat(1024 * 1024);
    for (let left = bytes; left > 0; left -= chunk.length) writeSync(1, chunk.slice(0, left));
    write('');
    return {};
  },
  complains: ({ lines }) => {
    for (let line = 0; line < lines; line += 1) writeSync(2, `complaint ${line}\n`);
    return {};
  },
  floods: ({ messages }) => {
    const data = 'x'.repeat(1000);
    for (let n = 0; n < messages; n += 1) {
      send({ method: 'notifications/message', params: { level: 'info', data } });
    }
    return {};
  },
  progresses: (_args, _id, { progressToken } = {}) => {
    send({ method: 'notifications/progress', params: { progressToken, progress: 1 } });
    return {};
  },
  changes: () => {
    send({ method: 'notifications/tools/list_changed' });
    send({ method: 'notifications/resources/updated', params: { uri: 'test://watched' } });
    return {};
  },
  asks: () => {
    send({ id: 'of the server', method: 'roots/list' });
  },
  breeds: () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
      stdio: 'inherit',
    });
    return { structuredContent: { pids: [process.pid, child.pid] } };
  },
  whoami: () => ({ structuredContent: { pids: [process.pid] } }),
  read: () => ({}),
  write: () => ({}),
  waits: (_args, id) => {
    waiting.push(id);
    return null;
  },
  releases: () => {
    for (const id of waiting.splice(0)) send({ id, result: { released: true } });
    return {};
  },
  deafens: () => {
    setImmediate(() => process.stdin.pause());
    setInterval(() => {}, 1000);
    return {};
  },
  hang: () => undefined,
  die: () => process.exit(3),
  mute: () => {
    closeSync(1);
    setInterval(() => {}, 1000);
  },
};

function answer({ id, method, params }) {
  const { _meta, name } = params ?? {};
  switch (method) {
    case 'server/discover':
      if (mode === 'fragile') process.exit(4);
      if (mode === 'modern') return { supportedVersions: [revision], serverInfo, capabilities };
      return undefined;
    case 'initialize':
      if (mode === 'silent') return null;
      return { protocolVersion: params.protocolVersion, serverInfo, capabilities };
    case 'tools/list':
      return { tools };
    case 'tools/call':
      return work[name]?.(params.arguments ?? {}, id, _meta) ?? null;
    case 'resources/subscribe':
      return {};
  }
  return undefined;
}

createInterface({ input: process.stdin }).on('line', (line) => {
  received.push(line);
  if (RECORD) appendFileSync(RECORD, `${line}\n`);
  const message = JSON.parse(line);
  if (message.id === undefined || message.method === undefined) return;
  const { id } = message;
  const result = answer(message);
  if (result === null) return;
  const extra = mode === 'modern' ? { resultType: 'complete' } : {};
  if (result !== undefined) send({ id, result: { ...extra, ...result } });
  else
    send({
      id,
      error: { code: -32601, message: 'Method not found', data: { method: message.method } },
    });
});
