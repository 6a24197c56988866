import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { Answer } from '../../src/gateway/answer.ts';
import { createRedactor, withoutCredentials } from '../../src/gateway/redaction.ts';

const secret = 'aab-aab-aabc';

function redacted(text: string, cuts: readonly number[], secrets: readonly string[] = [secret]) {
  const bytes = Buffer.from(text);
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length];
  places.sort((a, b) => a - b);
  const redactor = createRedactor(secrets);
  const parts = places
    .slice(1)
    .map((place, index) => redactor.write(bytes.subarray(places[index], place)));
  return Buffer.concat([...parts, redactor.end()]).toString();
}

describe('createRedactor', () => {
  it('writes stars over a secret and leaves everything else', () => {
    const text = `{"error":"bad key ${secret}, ${secret}"}`;
    expect(redacted(text, [])).toBe('{"error":"bad key ************, ************"}');
  });

  it('finds it wherever the bytes are cut', () => {
    const piece = fc.constantFrom(secret, 'aab-', 'aab', 'a', 'ü', '{"x":1}');
    const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(text, fc.array(fc.nat(), { maxLength: 9 }), (whole, cuts) => {
        expect(redacted(whole, cuts)).toBe(whole.replaceAll(secret, '*'.repeat(secret.length)));
      }),
    );
  });

  it('takes out several', () => {
    expect(redacted('one-secret two-secret', [4, 15], ['one-secret', 'two-secret'])).toBe(
      '********** **********',
    );
  });

  it('holds nothing back that cannot become a secret', () => {
    const redactor = createRedactor([secret]);
    expect(Buffer.from(redactor.write(Buffer.from('data: 1\n\n'))).toString()).toBe('data: 1\n\n');
  });
});

describe('withoutCredentials', () => {
  function rig(credentials: Record<string, string>) {
    const sent: string[] = [];
    const inner = {
      write: (chunk: Uint8Array) => {
        sent.push(Buffer.from(chunk).toString());
        return true;
      },
      end: vi.fn(),
      begin: vi.fn(),
    } as unknown as Answer;
    return { answer: withoutCredentials(inner, credentials), inner, sent };
  }

  it('knows a credential without its scheme', () => {
    const { answer, sent, inner } = rig({ authorization: 'Bearer our-own-token' });
    answer.write(Buffer.from('you sent our-own-'));
    answer.write(Buffer.from('token'));
    answer.write(Buffer.from('! our-own'));
    answer.end();
    expect(sent.join('')).toBe('you sent *************! our-own');
    expect(inner.end).toHaveBeenCalledOnce();
  });

  it('knows it in headers', () => {
    const { answer, inner } = rig({ authorization: 'Bearer our-own-token' });
    void answer.begin(200, { 'mcp-echo': 'Bearer our-own-token', 'set-cookie': ['our-own-token'] });
    const headers = { 'mcp-echo': 'Bearer *************', 'set-cookie': ['*************'] };
    expect(inner.begin).toHaveBeenCalledWith(200, headers, undefined);
  });

  it.each([[{}], [{ 'x-key': 'short' }]])(
    'changes nothing where there is no secret: %j',
    (credentials) => {
      const { answer, inner } = rig(credentials);
      expect(answer).toBe(inner);
    },
  );
});
