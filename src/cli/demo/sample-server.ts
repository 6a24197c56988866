import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { getRequestListener } from '@hono/node-server';
import {
  createMcpHandler,
  hostHeaderValidationResponse,
  localhostAllowedHostnames,
  McpServer,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import { closeServer, listenOnLoopback } from './listen.ts';
import { createNotes, type Notes } from './notes.ts';

export interface SampleServer {
  /** The MCP endpoint, on loopback and without any protection of its own. */
  readonly url: string;
  /** HTTP requests seen so far. */
  requests(): number;
  /** Replaces all notes by those it started with. */
  restoreNotes(): void;
  close(): Promise<void>;
}

export interface SampleServerOptions {
  /** Pause between two progress notifications of `notes_export`, in milliseconds; default 120. */
  readonly stepMilliseconds?: number;
}

function text(value: string): { content: { type: 'text'; text: string }[] } {
  return { content: [{ type: 'text', text: value }] };
}

function listed(notes: Notes): string {
  return [...notes.all()].map(([id, note]) => `#${id} ${note}`).join('\n') || 'no notes';
}

const readOnly = { readOnlyHint: true, openWorldHint: false } as const;

function registerTools(server: McpServer, notes: Notes, stepMilliseconds: number): void {
  server.registerTool(
    'notes_list',
    { description: 'Lists all notes.', annotations: readOnly },
    async () => text(listed(notes)),
  );
  server.registerTool(
    'notes_get',
    {
      description: 'Reads one note.',
      inputSchema: z.object({ id: z.number().int() }),
      annotations: readOnly,
    },
    async ({ id }) => {
      const note = notes.all().get(id);
      return note === undefined ? { ...text(`no note #${id}`), isError: true } : text(note);
    },
  );
  server.registerTool(
    'notes_add',
    {
      description: 'Writes a new note.',
      inputSchema: z.object({ text: z.string().min(1) }),
      annotations: { destructiveHint: false, openWorldHint: false },
    },
    async ({ text: note }) => text(`added #${notes.add(note)}`),
  );
  server.registerTool(
    'notes_purge',
    {
      description: 'Deletes every note.',
      annotations: { destructiveHint: true, openWorldHint: false },
    },
    async () => text(`deleted ${notes.purge()} notes`),
  );
  server.registerTool(
    'notes_export',
    { description: 'Exports the notes slowly, reporting progress.', annotations: readOnly },
    async (ctx) => {
      const progressToken = ctx.mcpReq._meta?.progressToken;
      const total = 4;
      for (let progress = 1; progress <= total; progress += 1) {
        if (progressToken !== undefined)
          await ctx.mcpReq.notify({
            method: 'notifications/progress',
            params: { progressToken, progress, total, message: `part ${progress} of ${total}` },
          });
        await pause(stepMilliseconds, undefined, { signal: ctx.mcpReq.signal });
      }
      return text(JSON.stringify([...notes.all().values()]));
    },
  );
}

function registerReadables(server: McpServer, notes: Notes): void {
  server.registerResource(
    'all-notes',
    'notes://all',
    { description: 'All notes as plain text.', mimeType: 'text/plain' },
    async (uri) => ({ contents: [{ uri: uri.href, mimeType: 'text/plain', text: listed(notes) }] }),
  );
  server.registerPrompt('summarise', { description: 'Asks for a summary of the notes.' }, () => ({
    messages: [
      { role: 'user', content: { type: 'text', text: `Summarise these notes:\n${listed(notes)}` } },
    ],
  }));
}

/**
 * Starts the demo's MCP server: a few notes in memory behind Streamable HTTP at `/mcp`, for clients
 * of 2025-03-26 to 2025-11-25 and of 2026-07-28 alike. It knows nothing of OAuth.
 */
export async function startSampleServer(options: SampleServerOptions = {}): Promise<SampleServer> {
  const notes = createNotes();
  const mcp = createMcpHandler(() => {
    const server = new McpServer({ name: 'demo-notes', version: '1.0.0' });
    registerTools(server, notes, options.stepMilliseconds ?? 120);
    registerReadables(server, notes);
    return server;
  });
  let requests = 0;
  const answer = (request: Request): Response | Promise<Response> => {
    requests += 1;
    const foreignHost = hostHeaderValidationResponse(request, localhostAllowedHostnames());
    if (foreignHost) return foreignHost;
    const known = new URL(request.url).pathname === '/mcp';
    return known ? mcp.fetch(request) : new Response(null, { status: 404 });
  };
  const http = createServer(getRequestListener(answer, { overrideGlobalObjects: false }));
  const port = await listenOnLoopback(http, 0);
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    requests: () => requests,
    restoreNotes: notes.restore,
    async close() {
      await mcp.close();
      await closeServer(http);
    },
  };
}
