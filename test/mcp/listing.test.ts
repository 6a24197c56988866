import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Listed } from '../../src/mcp/list-reader.ts';
import { filterListing, mayHoldList } from '../../src/mcp/listing.ts';

const permits = ({ name }: Listed) => !name.includes('secret');

function filter(text: string): string | null {
  return filterListing(text, permits);
}

/** An answer whose result is given as JSON text. */
const answer = (result: string) => `{"jsonrpc":"2.0","id":1,"result":${result}}`;

function seen(text: string): readonly Listed[] {
  const items: Listed[] = [];
  filterListing(text, (item) => items.push(item) > 0);
  return items;
}

describe('filterListing', () => {
  it.each([
    ['tools', '{"name":"safe"}', '{"name":"secret"}'],
    ['prompts', '{"name":"safe"}', '{"name":"secret"}'],
    ['resources', '{"uri":"file:///safe"}', '{"uri":"file:///secret"}'],
    ['resourceTemplates', '{"uriTemplate":"file:///{a}"}', '{"uriTemplate":"file:///secret/{a}"}'],
  ])('leaves out of %s what is not permitted', (list, safe, secret) => {
    expect(filter(answer(`{"${list}":[${safe},${secret}]}`))).toBe(answer(`{"${list}":[${safe}]}`));
    expect(filter(answer(`{"${list}":[${secret},${secret}]}`))).toBe(answer(`{"${list}":[]}`));
    expect(filter(answer(`{"${list}":[${safe}]}`))).toBe(answer(`{"${list}":[${safe}]}`));
  });

  it('judges several lists of one result, each by its own key', () => {
    const text = answer(
      '{"tools":[{"name":"a"},{"name":"secret"}],"resources":[{"uri":"x:secret","name":"a"}]}',
    );
    expect(filter(text)).toBe(answer('{"tools":[{"name":"a"}],"resources":[]}'));
  });

  it('keeps everything else as it is written, and the cursor of a page that becomes empty', () => {
    const text = ` {"id" : 1e400, "x":[1.0,9007199254740993], "result" :{ "nextCursor":"\\u0061\\/b" ,
      "_meta":{"a":{"tools":[{"name":"secret"}]},"n":-0}, "tools" : [ {"name":"secret"} ]} } `;
    expect(filter(text)).toBe(text.replace('[ {"name":"secret"} ]', '[]'));
    const half = answer('{"tools":[ {"name":"secret"}, { "name" : "a", "n":1.0 } ,7]}');
    expect(filter(half)).toBe(answer('{"tools":[{ "name" : "a", "n":1.0 }]}'));
  });

  it.each([
    ['no name', '{"title":"a"}'],
    ['an empty name', '{"name":""}'],
    ['a name that is no text', '{"name":["safe"]}'],
    ['a name that is null', '{"name":null}'],
    ['a name with a control character', '{"name":"safe\\u0000"}'],
    ['a name that is too long', `{"name":"${'a'.repeat(8_193)}"}`],
    ['a name twice', '{"name":"safe","name":"secret"}'],
    ['a name twice, once in escapes', '{"name":"safe","n\\u0061me":"secret"}'],
    ['a second name in capitals', '{"name":"safe","Name":"secret"}'],
    ['a second name with NUL', '{"name":"safe","name\\u0000":"secret"}'],
    ['a text for an item', '"secret"'],
    ['a list for an item', '[{"name":"safe"}]'],
    ['nothing for an item', 'null'],
  ])('leaves out an item with %s', (_what, item) => {
    expect(filter(answer(`{"tools":[${item},{"name":"safe"}]}`))).toBe(
      answer('{"tools":[{"name":"safe"}]}'),
    );
  });

  it.each([
    ['an object', '{"secret":{"name":"secret"}}'],
    ['a text', '"secret"'],
    ['null', 'null'],
    ['a number', '1'],
  ])('puts an empty list where a list is %s', (_what, list) => {
    expect(filter(answer(`{"a":1,"tools":${list}}`))).toBe(answer('{"a":1,"tools":[]}'));
  });

  it.each([
    ['a name in escapes', answer('{"tools":[{"n\\u0061me":"secre\\u0074"}]}')],
    ['a list in escapes', answer('{"\\u0074ools":[{"name":"secret"}]}')],
    ['a result in escapes', '{"r\\u0065sult":{"tools":[{"name":"secret"}]}}'],
  ])('reads %s', (_what, text) => {
    expect(filter(text)).toMatch(/ools":\[\]/);
  });

  it.each([
    ['the list twice', answer('{"tools":[],"tools":[{"name":"secret"}]}')],
    ['the list in capitals', answer('{"Tools":[{"name":"secret"}]}')],
    ['the list with a long s', answer('{"tool\u017f":[{"name":"secret"}]}')],
    ['the list with NUL', answer('{"tools\\u0000":[{"name":"secret"}]}')],
    ['the result twice', '{"result":{},"result":{"tools":[{"name":"secret"}]}}'],
    ['the result in capitals', '{"Result":{"tools":[{"name":"secret"}]}}'],
    ['a batch', `[${answer('{"tools":[{"name":"secret"}]}')}]`],
    ['no JSON', '{"result":{"tools":[{"name":"secret"}]}'],
    ['two messages', `${answer('{}')}\n${answer('{"tools":[{"name":"secret"}]}')}`],
    ['a byte order mark', `\ufeff${answer('{"tools":[{"name":"secret"}]}')}`],
    ['UTF-16', [...answer('{"tools":[{"name":"secret"}]}')].join('\0')],
    ['an event stream', `event: message\ndata: ${answer('{"tools":[{"name":"secret"}]}')}\n\n`],
    ['the cache scope twice', answer('{"tools":[],"cacheScope":"private","cacheScope":"public"}')],
  ])('passes nothing on of a text with %s', (_what, text) => {
    expect(filter(text)).toBeNull();
  });

  it.each([
    ['nothing', ''],
    ['a word', 'Not Found'],
    ['a sentence about tools', 'no such session for tools'],
    ['a page', '<html><body>Bad gateway</body></html>'],
    ['a path', '/tools/message?sessionId=1'],
    ['an error', '{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"Unknown tools: x"}}'],
    ['a call', answer('{"content":[{"type":"text","text":"tools: [secret] \\ud83d"}]}')],
    ['doubles where nobody looks', answer('{"content":[{"a":1,"a":2}],"x":"tools"}')],
    ['lists of another kind', answer('{"tasks":[{"name":"secret"}],"x":"tools"}')],
    ['a list one level deeper', answer('{"structuredContent":{"tools":[{"name":"secret"}]}}')],
    ['capabilities', answer('{"capabilities":{"tools":{},"resources":{"subscribe":true}}}')],
    ['a request', '{"id":1,"method":"sampling/createMessage","params":{"tools":[{"name":"a"}]}}'],
    ['a notification', '{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}'],
    ['a text as the whole message', '"{tools}"'],
    ['a result that is no object', answer('["tools",{"tools":[1]}]')],
  ])('passes %s on as it is', (_what, text) => {
    expect(filter(text)).toBe(text);
  });

  it.each([
    ['"cacheScope":"public"', '"cacheScope":"private"'],
    ['"cacheScope" : "private"', '"cacheScope" : "private"'],
    ['"cacheScope":7', '"cacheScope":"private"'],
    ['"ttlMs":5', '"ttlMs":5,"cacheScope":"private"'],
    ['"resultType":"complete"', '"resultType":"complete","cacheScope":"private"'],
    ['"nextCursor":"a"', '"nextCursor":"a"'],
  ])('makes a page with %s one of its reader alone', (written, passed) => {
    const page = (members: string) => answer(`{"tools":[{"name":"a"}],${members}}`);
    expect(filter(page(written))).toBe(page(passed));
    expect(filter(answer(`{${written},"prompts":[]}`))).toContain(passed.split(',')[0]);
  });

  it('leaves the cache scope of what is no list alone', () => {
    const text = answer('{"contents":[{"text":"tools"}],"ttlMs":1,"cacheScope":"public"}');
    expect(filter(text)).toBe(text);
  });

  it('tells what a list says of tools, with the defaults of the schema', () => {
    const items = [
      '{"name":"a"}',
      '{"name":"b","annotations":{"readOnlyHint":true}}',
      '{"name":"c","annotations":{"destructiveHint":false,"idempotentHint":true}}',
      '{"name":"d","annotations":{"readOnlyHint":true,"destructiveHint":true,"openWorldHint":false}}',
    ];
    const [a, b, c, d] = seen(answer(`{"tools":[${items}]}`)).map(({ hints }) => hints);
    const unsaid = { readOnlyHint: false, idempotentHint: false, openWorldHint: true };
    expect(a).toEqual({ ...unsaid, destructiveHint: true });
    expect(b).toEqual({ ...unsaid, readOnlyHint: true, destructiveHint: false });
    expect(c).toEqual({ ...unsaid, idempotentHint: true, destructiveHint: false });
    expect(d).toMatchObject({ readOnlyHint: true, destructiveHint: true, openWorldHint: false });
    expect(seen(answer('{"prompts":[{"name":"p"}]}'))[0]?.hints).toBeNull();
  });

  it.each([
    ['text', '{"readOnlyHint":"true"}'],
    ['a number', '{"readOnlyHint":1}'],
    ['twice', '{"readOnlyHint":true,"readOnlyHint":true}'],
    ['in capitals beside it', '{"readOnlyHint":true,"ReadOnlyHint":false}'],
    ['inside of a list', '[{"readOnlyHint":true}]'],
    ['null', 'null'],
  ])('does not believe a hint that is %s', (_what, annotations) => {
    const [tool] = seen(answer(`{"tools":[{"name":"a","annotations":${annotations}}]}`));
    expect(tool?.hints).toMatchObject({ readOnlyHint: false, destructiveHint: true });
  });
});

/** Readers that a client may be: which member of the same name they take, and how they compare. */
const fold = (key: string) => key.normalize('NFKC').toUpperCase().toLowerCase().replace(/\W/g, '');

/** Every name in a list that some reader could find in the text, by a search of its own. */
function namesIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(namesIn);
  return Object.entries(value).flatMap(([key, result]) => {
    if (fold(key) !== 'result' || typeof result !== 'object' || result === null) return [];
    return Object.entries(result).flatMap(([list, items]) =>
      ['tools', 'prompts'].includes(fold(list)) && Array.isArray(items)
        ? items.flatMap((item) =>
            Object.entries(item ?? {}).flatMap(([name, text]) =>
              fold(name) === 'name' ? [String(text)] : [],
            ),
          )
        : [],
    );
  });
}

const spelled = (...keys: readonly string[]) =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...keys) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(
          fc.constantFrom(...keys),
          fc.constantFrom<(key: string) => string>(
            (key) => key.toUpperCase(),
            (key) => `${key}\0`,
            (key) => key.replace('s', '\u017f'),
            (key) => `\u200b${key}`,
          ),
        )
        .map(([key, disguise]) => disguise(key)),
    },
  );
const name = fc.constantFrom('safe', 'secret', 'secrets', '', 'a secret');
const object = (key: fc.Arbitrary<string>, value: fc.Arbitrary<string>) =>
  fc
    .array(fc.tuple(key, fc.boolean(), value), { maxLength: 3 })
    .map((members) =>
      members.map(([own, escaped, text]) => {
        const written = JSON.stringify(own);
        const first = `\\u${own.charCodeAt(0).toString(16).padStart(4, '0')}`;
        return `${escaped && own ? `"${first}${JSON.stringify(own.slice(1)).slice(1)}` : written}:${text}`;
      }),
    )
    .map((members) => `{${members.join(' ,')}}`);
const item = object(
  spelled('name', 'title'),
  name.map((text) => JSON.stringify(text)),
);
const list = fc.array(item, { maxLength: 3 }).map((items) => `[${items.join(', ')}]`);
const result = object(spelled('tools', 'prompts', 'other'), list);
const message = object(spelled('result', 'id', 'x'), fc.oneof(result, fc.constant('1')));

describe('whatever a server answers', () => {
  it('no reader finds a name that is not permitted', () => {
    let passed = 0;
    let dropped = 0;
    fc.assert(
      fc.property(message, (text) => {
        const filtered = filter(text);
        if (filtered === null) {
          dropped++;
          return;
        }
        passed++;
        expect(namesIn(JSON.parse(filtered)).filter((each) => each.includes('secret'))).toEqual([]);
        expect(filter(filtered)).toBe(filtered);
      }),
      { numRuns: 2_000 },
    );
    expect(Math.min(passed, dropped)).toBeGreaterThan(100);
  });

  it('what cannot hold a list is not even parsed', () => {
    fc.assert(
      fc.property(message, (text) => {
        if (!mayHoldList(text)) expect(namesIn(JSON.parse(text))).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });
});
