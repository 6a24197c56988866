import { describe, expect, it } from 'vitest';
import { createHandOver, type NoteMessage } from '../../src/guard/hand-over.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array | null | undefined): string | null =>
  bytes ? new TextDecoder().decode(bytes) : null;

/** Replaces messages by a text; what is `null` or not there goes on at once. */
const noting =
  (texts: Readonly<Record<string, string>>): NoteMessage =>
  (message) => {
    const text = texts[message];
    return text === undefined ? null : Promise.resolve(text);
  };

describe('one message', () => {
  it.each(['"nothing of the kind"', '"taskId of no interest"'])('goes on at once: %s', (text) => {
    expect(createHandOver(noting({}), false)(encode(text))).toBeNull();
  });

  it('goes on as it was noted', async () => {
    const handOver = createHandOver(noting({ '"taskId"': '"instead"' }), false);
    expect(decode(await handOver(encode('"taskId"')))).toBe('"instead"');
  });
});

describe('events', () => {
  const text =
    ': ping\nid: 1\ndata: "taskId 1"\n\nevent: message\ndata: "taskId\ndata: 2"\n\nid: 3\ndata:\n\n';

  it('go on at once where nothing has to be noted', () => {
    expect(createHandOver(noting({}), true)(encode(text))).toBeNull();
  });

  it('keep all but the message that another stands for', async () => {
    const handOver = createHandOver(
      noting({ '"taskId 1"': '"taskId 1"', '"taskId\n2"': '"instead"' }),
      true,
    );
    expect(decode(await handOver(encode(text)))).toBe(
      ': ping\nid: 1\ndata: "taskId 1"\n\nevent: message\ndata: "instead"\n\nid: 3\ndata:\n\n',
    );
  });

  it('keep a message of several lines in as many', async () => {
    const handOver = createHandOver(noting({ '[\n"taskId"]': '[\n]' }), true);
    const passed = await handOver(encode('id: 1\ndata: [\ndata: "taskId"]\n\n'));
    expect(decode(passed)).toBe('id: 1\ndata: [\ndata: ]\n\n');
  });
});
