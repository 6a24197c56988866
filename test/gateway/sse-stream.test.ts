import { expect, it, vi } from 'vitest';
import type { Answer } from '../../src/gateway/answer.ts';
import { createSseStream } from '../../src/gateway/sse-stream.ts';
import { waiting } from '../support/waiting.ts';

it('sends nothing more where the server breaks off while the head has to wait', async () => {
  let letBegin = (): void => {};
  const begun = new Promise<void>((resolve) => {
    letBegin = resolve;
  });
  const answer = {
    begin: vi.fn(() => begun),
    write: vi.fn(() => true),
    end: vi.fn(),
    fail: vi.fn(),
    onDrain: vi.fn(),
    onCancel: vi.fn(),
  } satisfies Answer;
  const resume = vi.fn();
  const stream = createSseStream({ answer, timeoutMs: 5_000, open: async () => '/mcp?session=1' });
  stream.onDrain(resume);
  expect(stream.begin(200, { 'content-type': 'text/event-stream' })).toBeNull();
  expect(stream.write(Buffer.from('event: endpoint\ndata: /m\n\ndata: 1\n\n'))).toBe(false);
  await vi.waitUntil(() => answer.begin.mock.calls.length === 1, waiting);
  stream.fail(new Error('cut'));
  letBegin();
  await begun;
  await new Promise(setImmediate);
  expect(answer.fail).toHaveBeenCalledOnce();
  expect(answer.write).not.toHaveBeenCalled();
  expect(resume).not.toHaveBeenCalled();
});
