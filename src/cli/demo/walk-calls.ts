import type { ProgressCallback } from '@modelcontextprotocol/client';
import { findExchange, resultText } from './evidence.ts';
import type { Step } from './steps.ts';
import { mcpPath, user, type Walk } from './walk-environment.ts';

/** What the first token is good for: listing, reading, writing, streaming. */
export function callSteps({ trace, client }: Walk): Step[] {
  return [
    {
      title: 'With the token it comes in, and sees the tools',
      async run({ show, equal, remark }) {
        const connected = await client.connect();
        const { tools } = await client.mcp.listTools();
        const seen = trace.take();
        show(findExchange(seen, mcpPath, 'initialize'), findExchange(seen, mcpPath, 'tools/list'));
        equal('connected', connected, true);
        const names = tools.map(({ name }) => name);
        remark(names.join(', '));
        equal('the tools that the scopes reach are there', names.includes('notes_add'), true);
      },
    },
    {
      title: `${user} reads and writes notes`,
      async run({ show, equal, remark }) {
        const text = 'Show the demo to a friend';
        await client.mcp.callTool({ name: 'notes_add', arguments: { text } });
        const list = await client.mcp.callTool({ name: 'notes_list', arguments: {} });
        show(...trace.take().filter(({ operation }) => operation.startsWith('tools/call')));
        remark(resultText(list).replaceAll('\n', ', '));
        equal('the new note is in the list', resultText(list).includes(text), true);
      },
    },
    {
      title: 'A slow tool streams its progress through the gateway',
      async run({ show, equal, remark }) {
        const heard: string[] = [];
        let firstAt: number | null = null;
        const started = performance.now();
        const onprogress: ProgressCallback = ({ progress, total }) => {
          const at = Math.round(performance.now() - started);
          firstAt ??= at;
          heard.push(`${progress}/${total} after ${at} ms`);
        };
        await client.mcp.callTool({ name: 'notes_export', arguments: {} }, { onprogress });
        const ahead = performance.now() - started - (firstAt ?? 0);
        const streamed = findExchange(trace.take(), mcpPath, 'tools/call notes_export');
        show(streamed);
        remark(`progress ${heard.join(', ')}`);
        equal('the answer is an event stream', streamed.mediaType, 'text/event-stream');
        equal('four reports came', heard.length, 4);
        equal('the first one well before the result', firstAt !== null && ahead > 100, true);
      },
    },
  ];
}
