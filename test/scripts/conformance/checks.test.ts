import { describe, expect, it } from 'vitest';
import { type Check, differences, readChecks, tally } from '../../../scripts/conformance/checks.ts';

function check(scenario: string, id: string, status = 'SUCCESS', reason = ''): Check {
  return { scenario, id, status, reason };
}

describe('reading what the suite wrote', () => {
  it('takes scenario, check, status and reason', () => {
    const text = JSON.stringify([
      { id: 'tools-list', status: 'SUCCESS', details: { port: 1 } },
      { id: 'tools-name-format', status: 'FAILURE', errorMessage: 'too long' },
    ]);
    expect(readChecks('server-tools-list-2026-11-30T09-13-36-826Z', text)).toEqual([
      check('tools-list', 'tools-list'),
      check('tools-list', 'tools-name-format', 'FAILURE', 'too long'),
    ]);
  });

  it('keeps a date that belongs to the name of a scenario', () => {
    const [one] = readChecks(
      'server-json-schema-2020-12-2026-11-30T09-13-36-826Z',
      '[{"id":"a","status":"INFO"}]',
    );
    expect(one?.scenario).toBe('json-schema-2020-12');
  });

  it('notes a scenario that broke off, so that the other side has to break off as well', () => {
    expect(readChecks('server-ping-2026-11-30T09-13-36-826Z', null)).toEqual([
      check('ping', 'scenario', 'BROKEN OFF'),
    ]);
  });

  it.each([
    '{}',
    'null',
    '[null]',
    '[{"id":"a"}]',
    '[{"status":"SUCCESS"}]',
    '[{"id":1,"status":"INFO"}]',
    '[',
  ])('refuses %s', (text) => {
    expect(() => readChecks('server-ping-2026-11-30T09-13-36-826Z', text)).toThrow();
  });
});

describe('the differences between two judgements', () => {
  const same = [check('ping', 'ping'), check('tools-list', 'tools-list', 'FAILURE', 'on port 1')];

  it('are none where every check has the same status, in whatever order and for whatever reason', () => {
    const other = [
      check('tools-list', 'tools-list', 'FAILURE', 'on port 2'),
      check('ping', 'ping'),
    ];
    expect(differences(same, other)).toEqual([]);
  });

  it.each<[string, Check[], string[], string[]]>([
    [
      'fails',
      [check('ping', 'ping', 'FAILURE', 'no answer')],
      ['SUCCESS'],
      ['FAILURE (no answer)'],
    ],
    ['passes where it did not', [], ['SUCCESS'], []],
    [
      'is made twice',
      [check('ping', 'ping'), check('ping', 'ping')],
      ['SUCCESS'],
      ['SUCCESS', 'SUCCESS'],
    ],
  ])('name a check that %s', (_how, through, direct, seen) => {
    expect(differences([check('ping', 'ping')], through)).toEqual([
      { scenario: 'ping', id: 'ping', direct, through: seen },
    ]);
  });

  it('name a check that only one side made, whichever it is', () => {
    const extra = { scenario: 'ping', id: 'extra' };
    const more = [...same, check('ping', 'extra', 'INFO')];
    expect(differences(same, more)).toEqual([{ ...extra, direct: [], through: ['INFO'] }]);
    expect(differences(more, same)).toEqual([{ ...extra, direct: ['INFO'], through: [] }]);
  });

  it('give no more of a reason than fits a terminal', () => {
    const long = check('ping', 'ping', 'FAILURE', 'x'.repeat(10_000));
    const [difference] = differences([], [long]);
    expect(difference?.through).toEqual([`FAILURE (${'x'.repeat(200)} ...)`]);
  });

  it('tell checks of one id in two scenarios apart', () => {
    const direct = [check('a', 'wire'), check('b', 'wire', 'FAILURE')];
    const through = [check('a', 'wire', 'FAILURE'), check('b', 'wire')];
    expect(differences(direct, through).map(({ scenario }) => scenario)).toEqual(['a', 'b']);
  });
});

it('counts what passed, what failed and the rest', () => {
  const statuses = ['SUCCESS', 'SUCCESS', 'FAILURE', 'WARNING', 'INFO', 'SKIPPED', 'BROKEN OFF'];
  expect(tally(statuses.map((status) => check('s', 'c', status)))).toEqual({
    passed: 2,
    failed: 1,
    other: 4,
  });
});
