import { describe, expect, it } from 'vitest';
import { readBody } from '../../src/http/body.ts';

const limit = 64;

function post(body: BodyInit | null, headers: Record<string, string> = {}): Request {
  return new Request('http://127.0.0.1/mcp', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body,
    duplex: 'half',
  } as RequestInit);
}

/** A body that counts how much of it was taken. */
function chunks(...parts: string[]): { stream: ReadableStream<Uint8Array>; taken: () => number } {
  let taken = 0;
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const part = parts[taken];
        if (part === undefined) return controller.close();
        taken += 1;
        controller.enqueue(new TextEncoder().encode(part));
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, taken: () => taken };
}

describe('readBody', () => {
  it.each([
    'application/json',
    'Application/JSON',
    'application/json; charset=utf-8',
    'Application/JSON ; charset=UTF-8',
    'application/json;charset="utf-8"',
  ])('accepts %s', async (type) => {
    const bytes = await readBody(post('{}', { 'Content-Type': type }), limit);
    expect(new TextDecoder().decode(bytes)).toBe('{}');
  });

  it.each([
    'text/plain',
    'application/jsonx',
    'application/json-rpc',
    'application/json, text/plain',
    'application/json; charset=utf-7',
    'application/json; charset=utf-16',
    'application/json; boundary=x',
    'multipart/form-data; boundary=x',
    'application/x-www-form-urlencoded',
    '',
  ])('refuses content type %j', async (type) => {
    await expect(readBody(post('{}', { 'Content-Type': type }), limit)).rejects.toMatchObject({
      code: 'content_type_denied',
    });
  });

  it.each(['gzip', 'deflate', 'br', 'identity, gzip', 'x'])(
    'refuses content encoding %s',
    async (encoding) => {
      const request = post('{}', { 'Content-Encoding': encoding });
      await expect(readBody(request, limit)).rejects.toMatchObject({ code: 'content_type_denied' });
    },
  );

  it('accepts the identity coding by name', async () => {
    const bytes = await readBody(post('{}', { 'Content-Encoding': 'Identity' }), limit);
    expect(bytes.length).toBe(2);
  });

  it('refuses a long body by its announced length, unread', async () => {
    const { stream, taken } = chunks('{}');
    const request = post(stream, { 'Content-Length': `${limit + 1}` });
    await expect(readBody(request, limit)).rejects.toMatchObject({ code: 'body_too_large' });
    expect(taken()).toBe(0);
  });

  it('stops reading an unannounced body at the limit', async () => {
    const { stream, taken } = chunks(...Array.from({ length: 100 }, () => 'x'.repeat(limit)));
    await expect(readBody(post(stream), limit)).rejects.toMatchObject({ code: 'body_too_large' });
    expect(taken()).toBeLessThan(5);
  });

  it('takes a body of exactly the limit, in however many chunks', async () => {
    const { stream } = chunks('x'.repeat(limit - 1), 'y');
    const bytes = await readBody(post(stream), limit);
    expect(new TextDecoder().decode(bytes)).toBe(`${'x'.repeat(limit - 1)}y`);
  });

  it('calls a body that breaks off invalid, not an error of ours', async () => {
    const stream = new ReadableStream({
      pull: (controller) => controller.error(new Error('gone')),
    });
    await expect(readBody(post(stream), limit)).rejects.toMatchObject({ code: 'message_invalid' });
  });

  it('reads a missing body as empty', async () => {
    expect((await readBody(post(null), limit)).length).toBe(0);
  });
});
