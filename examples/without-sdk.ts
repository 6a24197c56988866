import { createServer } from 'node:http';
import { createResourceServer, type Principal } from 'mcp-doorman';
import { doorman } from 'mcp-doorman/node';
import { policy } from './policy.ts';

const { ISSUER = 'https://idp.example.com', RESOURCE = 'http://localhost:3000/mcp' } = process.env;

interface Message {
  readonly id?: string | number;
  readonly method: string;
  readonly params?: { readonly name?: string };
}

const text = (text: string) => ({ content: [{ type: 'text', text }] });
const tools: Readonly<Record<string, (caller: Principal) => object>> = {
  whoami: ({ subject }) => text(`You are ${subject}`),
  purge: () => text('Gone'),
};

function resultOf({ method, params }: Message, caller: Principal): object {
  if (method === 'tools/call') return tools[params?.name ?? '']?.(caller) ?? text('No such tool');
  if (method === 'tools/list')
    return { tools: Object.keys(tools).map((name) => ({ name, inputSchema: { type: 'object' } })) };
  return {
    protocolVersion: '2025-11-25',
    capabilities: { tools: {} },
    serverInfo: { name: 'notes', version: '1.0.0' },
  };
}

const resourceServer = createResourceServer({ resource: RESOURCE, issuers: [ISSUER], policy });

export const server = createServer(
  doorman(resourceServer, (req, res) => {
    const message = req.body as Message | undefined;
    if (message?.id === undefined) return res.writeHead(message ? 202 : 405).end();
    const result = resultOf(message, req.principal);
    res.writeHead(200, { 'Content-Type': 'application/json' });
    return res.end(JSON.stringify({ jsonrpc: '2.0', id: message.id, result }));
  }),
);

server.listen(Number(new URL(RESOURCE).port), '127.0.0.1');
