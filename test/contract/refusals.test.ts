import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemPorts } from '../../src/core/ports.ts';
import { expectNoToken } from '../support/expectations.ts';
import { type FakeIssuer, fakeIssuer, testIssuer } from '../support/issuer.ts';
import { type RawAnswer, rawExchange } from '../support/raw-http.ts';
import { type Subject, startIssuer, startSubjects } from './mounts.ts';
import { call, type Forge, refusals, type Sent } from './refusals.ts';

let idp: Awaited<ReturnType<typeof startIssuer>>;
let stranger: FakeIssuer;
let subjects: readonly Subject[] = [];

beforeAll(async () => {
  const { clock } = systemPorts;
  idp = await startIssuer();
  stranger = await fakeIssuer({ clock, issuer: `${testIssuer}/of/mallory` });
  subjects = await startSubjects(idp);
});
afterAll(async () => {
  await Promise.all(subjects.map((subject) => subject.close()));
  await idp?.close();
});

/** Another user each time, since one who has been refused a step-up is not asked for it again. */
let users = 0;

function forge({ resource }: Subject): Forge {
  users += 1;
  const usual = { aud: resource, sub: `user-${users}` };
  return {
    idp,
    stranger,
    resource,
    now: Math.floor(Date.now() / 1000),
    mint: (claims = {}, header = {}) => idp.mint({ ...usual, ...claims }, header),
  };
}

function exchange({ port }: Subject, { method = 'POST', fields, body = '' }: Sent) {
  const bytes = Buffer.from(body);
  const head = [
    `${method} /mcp HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    'Connection: close',
    `Content-Length: ${bytes.length}`,
    ...fields,
  ];
  return rawExchange(port, Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), bytes]));
}

/** What a client and the operator's log get to know, whatever port the subject listens on. */
function outcome({ port, log }: Subject, before: number, { status, headers, body }: RawAnswer) {
  const anywhere = (text = ''): string => text.replaceAll(`:${port}`, ':0');
  const lines = log.slice(before).filter(({ event }) => event === 'refused');
  return {
    status,
    challenge: anywhere(headers.get('www-authenticate')),
    codes: lines.map(({ fields }) => fields.code),
    body: anywhere(body).replace(/^[0-9a-f]+\r\n|\r\n0\r\n\r\n$/g, ''),
  };
}

describe('refusals', () => {
  it('are sixty at least', () => {
    expect(refusals.length).toBeGreaterThanOrEqual(60);
  });

  it('do not hit what is permitted', async () => {
    for (const subject of subjects) {
      const token = await forge(subject).mint();
      const fields = ['Content-Type: application/json', `Authorization: Bearer ${token}`];
      const before = subject.served();
      const { status } = await exchange(subject, { fields, body: call('safe') });
      expect([subject.name, status, subject.served()]).toEqual([subject.name, 200, before + 1]);
    }
  });

  it.each(refusals)('$id, $title: $status $code, alike at each mount', async (refusal) => {
    const outcomes = await Promise.all(
      subjects.map(async (subject) => {
        const { served, log } = subject;
        const sent = await refusal.build(forge(subject));
        const [hits, before] = [served(), log.length];
        const answer = await exchange(subject, sent);
        expect(served(), subject.name).toBe(hits);
        const credential = sent.fields.find((field) => /^authorization: bearer/i.test(field));
        const [, token = ''] = /^\S+\s+\S+\s+(.*)$/.exec(credential ?? '') ?? [];
        expectNoToken(answer.body + JSON.stringify(log.slice(before)), token);
        return outcome(subject, before, answer);
      }),
    );
    const [first, ...others] = outcomes;
    expect(first).toMatchObject({ status: refusal.status, codes: [refusal.code] });
    for (const other of others) expect(other).toEqual(first);
  });
});
