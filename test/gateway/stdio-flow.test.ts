import { describe, expect, it, vi } from 'vitest';
import { createFlow } from '../../src/gateway/stdio-flow.ts';
import { waiting } from '../support/waiting.ts';

const block = new Uint8Array(40 * 1024).fill(0x61);

function setUp() {
  const source = { pause: vi.fn(), resume: vi.fn() };
  const flow = createFlow(source);
  let writer: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      writer = controller;
    },
  });
  const response = flow.limit(new Response(body, { status: 201, headers: { a: 'b' } }));
  return {
    source,
    flow,
    response,
    write: () => writer?.enqueue(block),
    end: () => writer?.close(),
  };
}

describe('a body with a limit', () => {
  it('makes its source wait while it is read too slowly, and no longer', async () => {
    const { source, response, write } = setUp();
    write();
    write();
    await vi.waitUntil(() => source.pause.mock.calls.length === 1, waiting);
    expect(source.resume).not.toHaveBeenCalled();
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.read();
    await vi.waitUntil(() => source.resume.mock.calls.length === 1, waiting);
    write();
    await reader?.read();
    expect(source.pause).toHaveBeenCalledOnce();
  });

  it.each([
    ['is not wanted any more', ({ response }: ReturnType<typeof setUp>) => response.body?.cancel()],
    ['comes to its end', ({ end }: ReturnType<typeof setUp>) => end()],
  ])('lets its source go on when it %s', async (_, finish) => {
    const set = setUp();
    const { source, flow, write } = set;
    write();
    write();
    await vi.waitUntil(() => source.pause.mock.calls.length === 1, waiting);
    expect(flow.open()).toBe(1);
    await finish(set);
    await vi.waitUntil(() => source.resume.mock.calls.length === 1, waiting);
    expect(flow.open()).toBe(0);
  });

  it('keeps status and headers, and answers without a body as they are', () => {
    const { flow, response } = setUp();
    expect([response.status, response.headers.get('a')]).toEqual([201, 'b']);
    expect(flow.limit(new Response(null, { status: 202 })).body).toBeNull();
  });
});
