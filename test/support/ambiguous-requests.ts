import fc from 'fast-check';

/** A request as it stands on the wire. */
export interface WireRequest {
  readonly body: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
  /** What was done to a proper request, for whoever reads a failure. */
  readonly tricks: readonly string[];
}

type Node = string | { readonly object: readonly Entry[] } | { readonly array: readonly Node[] };
type Entry = readonly [key: string, value: Node];

const encoder = new TextEncoder();
const version = 'io.modelcontextprotocol/protocolVersion';
const text = (value: string): Node => `"${value}`;
const object = (members: Readonly<Record<string, Node>>): Node => ({
  object: Object.entries(members),
});

const secretUri = 'file:///secret/a';
const secretParams = object({
  name: text('secret'),
  uri: text(secretUri),
  ref: object({ type: text('ref/prompt'), name: text('secret') }),
});
const secretCall = object({
  jsonrpc: text('2.0'),
  id: '66',
  method: text('tools/call'),
  params: secretParams,
});

/** What an attacker would put under a key. */
const wicked: Readonly<Record<string, readonly Node[]>> = {
  jsonrpc: [text('1.0')],
  id: ['66', 'null', text('x')],
  method: [text('tools/call'), text('logging/setLevel'), text('admin/run'), text('resources/read')],
  params: [secretParams, { array: [text('secret')] }],
  name: [text('secret'), { array: [text('secret')] }, text('secret\0'), text('safe\0secret')],
  uri: [text(secretUri), text('file:///public/../secret/a'), text('FILE:///secret/a')],
  type: [text('ref/resource'), text('ref/prompt')],
  ref: [object({ type: text('ref/resource'), uri: text(secretUri), name: text('secret') })],
  notifications: [object({ resourceSubscriptions: { array: [text(secretUri)] } })],
  resourceSubscriptions: [{ array: [text(secretUri)] }],
  arguments: [object({ name: text('secret'), method: text('tools/call') }), secretCall],
  _meta: [object({ [version]: text('2025-03-26') })],
  [version]: [text('2025-03-26'), text('2025-11-25')],
};

const disguises: readonly ((key: string) => string)[] = [
  (key) => key.toUpperCase(),
  (key) => key.charAt(0).toUpperCase() + key.slice(1),
  (key) => `${key}\0`,
  (key) => `${key}\0x`,
  (key) => `\u0001${key}`,
  (key) => ` ${key}`,
  (key) => `${key}\n`,
  (key) => `\u200b${key}`,
  (key) => `${key}\ufeff`,
  (key) => `${key.slice(0, 2)}\u00ad${key.slice(2)}`,
  (key) => key.replace('s', '\u017f').replace('i', '\u0131'),
  (key) => key.replaceAll('m', '\uff4d').replaceAll('n', '\uff4e'),
  (key) => `${key}\u0301`,
  (key) => `x${key}`,
];

interface Choice {
  readonly trick: string;
  /** Which object, key, value and place; taken modulo what there is. */
  readonly at: number;
  readonly key: number;
  readonly value: number;
  readonly place: number;
}

const chosen = <Item>(items: readonly Item[], index: number): Item =>
  items[index % items.length] as Item;

/** Changes one of the objects that a message consists of; they are counted from outside. */
function changeObject(
  root: Node,
  at: number,
  change: (entries: readonly Entry[]) => Entry[],
): Node {
  const count = (node: Node): number => {
    if (typeof node === 'string') return 0;
    if ('array' in node) return node.array.reduce((sum, item) => sum + count(item), 0);
    return node.object.reduce((sum, [, value]) => sum + count(value), 1);
  };
  let left = at % Math.max(count(root), 1);
  const visit = (node: Node): Node => {
    if (typeof node === 'string') return node;
    if ('array' in node) return { array: node.array.map(visit) };
    const entries = left-- === 0 ? change(node.object) : node.object;
    return { object: entries.map(([key, value]): Entry => [key, visit(value)]) };
  };
  return visit(root);
}

function insert(entries: readonly Entry[], entry: Entry, place: number): Entry[] {
  const at = place % (entries.length + 1);
  return [...entries.slice(0, at), entry, ...entries.slice(at)];
}

const keyOf = (entries: readonly Entry[], index: number): string =>
  entries.length === 0 ? 'name' : (chosen(entries, index)[0] as string);
const wickedOf = (key: string, index: number): Node => chosen(wicked[key] ?? ['null'], index);

/** What is done to a message before it is written. */
const tricks: Readonly<Record<string, (root: Node, choice: Choice) => Node>> = {
  duplicate: (root, { at, key, value, place }) =>
    changeObject(root, at, (entries) => {
      const name = keyOf(entries, key);
      return insert(entries, [name, wickedOf(name, value)], place);
    }),
  disguise: (root, { at, key, value, place }) =>
    changeObject(root, at, (entries) => {
      const name = keyOf(entries, key);
      return insert(entries, [chosen(disguises, place)(name), wickedOf(name, value)], value);
    }),
  'disguise alone': (root, { at, key, place }) =>
    changeObject(root, at, (entries) => {
      const name = keyOf(entries, key);
      const hide = chosen(disguises, place);
      return entries.map(([each, value]): Entry => [each === name ? hide(each) : each, value]);
    }),
  replace: (root, { at, key, value }) =>
    changeObject(root, at, (entries) => {
      const name = keyOf(entries, key);
      const put = wickedOf(name, value);
      return entries.map(([each, old]): Entry => [each, each === name ? put : old]);
    }),
  remove: (root, { at, key }) =>
    changeObject(root, at, (entries) => {
      const name = keyOf(entries, key);
      return entries.filter(([each]) => each !== name);
    }),
  nest: (root, { at, value, place }) =>
    changeObject(root, at, (entries) => insert(entries, [`own${value}`, secretCall], place)),
  respond: (root, { value, place }) =>
    changeObject(root, 0, (entries) =>
      insert(entries, [chosen(['result', 'error'], value), object({})], place),
    ),
  batch: (root, { value }) =>
    chosen<Node>(
      [
        { array: [root] },
        { array: [root, secretCall] },
        { array: [secretCall, root] },
        { array: [{ array: [secretCall] }] },
        { array: [] },
      ],
      value,
    ),
};

/** Spells a string in one of the many ways that JSON allows; all are the same to a good reader. */
function spell(value: string, style: number): string {
  const escaped = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  if (style % 4 === 1) return JSON.stringify(value).replaceAll('/', '\\/');
  if (style % 4 === 2) return `"${value.split('').map(escaped).join('')}"`;
  if (style % 4 === 3 && value !== '') {
    const at = style % value.length;
    const [head, tail] = [value.slice(0, at), value.slice(at + 1)];
    return `${JSON.stringify(head).slice(0, -1)}${escaped(value.charAt(at))}${JSON.stringify(tail).slice(1)}`;
  }
  return JSON.stringify(value);
}

function write(node: Node, styles: readonly number[]): string {
  let at = 0;
  const next = () => styles[at++ % styles.length] ?? 0;
  const gap = () => chosen(['', '', '', ' ', '\n\t'], next());
  const visit = (each: Node): string => {
    if (typeof each === 'string') return each.startsWith('"') ? spell(each.slice(1), next()) : each;
    if ('array' in each) return `[${each.array.map(visit).join(`${gap()},`)}]`;
    const members = each.object.map(([key, value]) => {
      const spelled = spell(key, next());
      return `${gap()}${spelled}${gap()}:${gap()}${visit(value)}`;
    });
    return `{${members.join(`${gap()},`)}${gap()}}`;
  };
  return visit(node);
}

/** What is done to the text once it is written. */
const textTricks: readonly ((text: string) => string)[] = [
  (written) => `\ufeff${written}`,
  (written) => `\v${written}`,
  (written) => `${written}${write(secretCall, [0])}`,
  (written) => `${write(secretCall, [0])}\n${written}`,
  (written) => `${written}\0${write(secretCall, [0])}`,
  (written) => written.replace('{', `{/*"x":1,*/`),
  (written) => written.replace(/\}$/, ',}'),
  (written) => written.replace('"safe"', '"safe\\ud800"'),
  (written) => written.replace('"safe"', "'secret'"),
  (written) => written.replace('"safe"', '"sa\tfe"'),
  (written) => written.replace('"safe"', '"\\secret"'),
];

const byteTricks: readonly ((text: string) => Uint8Array)[] = [
  (written) => new Uint8Array(Buffer.from(written, 'utf16le')),
  (written) => new Uint8Array([...encoder.encode(written), 0xc0, 0xaf]),
  (written) => new Uint8Array(Buffer.from(written.replaceAll('/', '\xff'), 'latin1')),
];

/** A header, and what becomes of its value; `null` takes it away. */
type HeaderTrick = readonly [name: string, change: (value: string) => string | null];

const put = (name: string, value: string | null): HeaderTrick => [name, () => value];
const append = (name: string, more: string): HeaderTrick => [name, (value) => value + more];

const headerTricks: readonly HeaderTrick[] = [
  put('Mcp-Method', 'tools/list'),
  put('Mcp-Method', 'tools/call'),
  append('Mcp-Method', ', tools/call'),
  put('Mcp-Method', null),
  put('Mcp-Name', 'secret'),
  put('Mcp-Name', 'safe'),
  put('Mcp-Name', '=?base64?c2VjcmV0?='),
  put('Mcp-Name', '=?BASE64?c2VjcmV0?='),
  put('Mcp-Name', '=?base64?c2FmZQ==?='),
  append('Mcp-Name', ', secret'),
  put('Mcp-Name', null),
  put('MCP-Protocol-Version', null),
  put('MCP-Protocol-Version', '2025-03-26'),
  put('MCP-Protocol-Version', '2026-07-28'),
  append('MCP-Protocol-Version', ', 2025-11-25'),
  put('MCP-Protocol-Version', '1900-01-01'),
  put('Content-Type', 'text/plain'),
  put('Content-Type', 'application/json; charset=utf-16'),
  put('Content-Encoding', 'gzip'),
];

function changeHeader(
  headers: Readonly<Record<string, string>>,
  [name, change]: HeaderTrick,
): Record<string, string> {
  const { [name]: old = '', ...rest } = headers;
  const value = change(old);
  return value === null ? rest : { ...rest, [name]: value };
}

/** A method, the params that name something, and the value of `Mcp-Name`. */
type Asked = readonly [method: string, params: Readonly<Record<string, Node>>, name: string | null];

const named = (method: string, key: 'name' | 'uri', value: string): Asked => [
  method,
  { [key]: text(value) },
  value,
];
const completing = (ref: Readonly<Record<string, Node>>): Asked => [
  'completion/complete',
  { ref: object(ref), argument: object({ name: text('a'), value: text('') }) },
  null,
];
const listening = (...uris: readonly string[]): Asked => [
  'subscriptions/listen',
  { notifications: object({ resourceSubscriptions: { array: uris.map(text) } }) },
  null,
];

const permitted: readonly Asked[] = [
  named('tools/call', 'name', 'safe'),
  named('tools/call', 'name', 'notes_read'),
  named('prompts/get', 'name', 'safe'),
  named('resources/read', 'uri', 'file:///public/a'),
  completing({ type: text('ref/prompt'), name: text('safe') }),
  completing({ type: text('ref/resource'), uri: text('file:///public/{path}') }),
  ['tools/list', {}, null],
  ['tools/list', { name: text('secret'), uri: text(secretUri) }, null],
  ['notifications/cancelled', { requestId: '1', name: text('secret') }, null],
];
const modernOnly: readonly Asked[] = [
  listening('file:///public/a', 'file:///public/b'),
  ['server/discover', { name: text('secret') }, null],
];
const legacyOnly: readonly Asked[] = [
  named('resources/subscribe', 'uri', 'file:///public/a'),
  ['ping', { name: text('secret') }, null],
];
const forbidden: readonly Asked[] = [
  named('tools/call', 'name', 'secret'),
  named('tools/call', 'name', 'SAFE'),
  named('tools/call', 'name', 'safe '),
  named('tools/call', 'name', 'secret\0_read'),
  named('prompts/get', 'name', 'secret'),
  named('resources/read', 'uri', secretUri),
  named('resources/read', 'uri', 'FILE:///secret/a'),
  named('resources/read', 'uri', 'file:///public/../secret/a'),
  named('resources/read', 'uri', 'file:///public/..%2fsecret/a'),
  completing({ type: text('ref/prompt'), name: text('secret'), uri: text('file:///public/a') }),
  listening('file:///public/a', secretUri),
  ['logging/setLevel', { level: text('debug') }, null],
  ['notifications/roots/list_changed', {}, null],
  ['admin/run', { name: text('safe') }, null],
  ['TOOLS/CALL', { name: text('safe') }, null],
];

function encodedName(name: string): string {
  if (/^[!-~]*$/.test(name)) return name;
  return `=?base64?${Buffer.from(name).toString('base64')}?=`;
}

interface Plan {
  readonly modern: boolean;
  readonly mirrored: boolean;
  readonly asked: Asked;
  readonly notifies: boolean;
  readonly own: boolean;
}

const plan: fc.Arbitrary<Plan> = fc.boolean().chain((modern) =>
  fc.record({
    modern: fc.constant(modern),
    mirrored: fc.boolean(),
    asked: fc.oneof(
      {
        weight: 4,
        arbitrary: fc.constantFrom(...permitted, ...(modern ? modernOnly : legacyOnly)),
      },
      { weight: 1, arbitrary: fc.constantFrom(...forbidden) },
    ),
    notifies: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, fc.constant(true)),
    own: fc.boolean(),
  }),
);

/** The message, and headers that tell the truth about it. */
function proper({ modern, mirrored, asked, notifies, own }: Plan): [Node, Record<string, string>] {
  const [method, params, name] = asked;
  const meta = {
    [version]: text('2026-07-28'),
    'io.modelcontextprotocol/clientCapabilities': object({}),
  };
  const message = object({
    jsonrpc: text('2.0'),
    ...(!notifies && !method.startsWith('notifications/') && { id: '7' }),
    method: text(method),
    params: object({
      ...params,
      ...(modern && { _meta: object(meta) }),
      ...(own && { arguments: object({ name: text('secret'), method: text('tools/call') }) }),
    }),
  });
  const headers: Record<string, string> = {
    'Content-Type': 'application/json',
    ...(modern && { 'MCP-Protocol-Version': '2026-07-28' }),
    ...((modern || mirrored) && { 'Mcp-Method': method }),
    ...((modern || mirrored) && name !== null && { 'Mcp-Name': encodedName(name) }),
  };
  return [message, headers];
}

const choice: fc.Arbitrary<Choice> = fc.record({
  trick: fc.constantFrom(...Object.keys(tricks), 'duplicate', 'disguise'),
  at: fc.nat(7),
  key: fc.nat(7),
  value: fc.nat(7),
  place: fc.nat(27),
});
/** Mostly none, so that many a request stays proper. */
const rarely = <Item>(items: readonly Item[], weight: number): fc.Arbitrary<Item | null> =>
  fc.oneof({ weight, arbitrary: fc.constant(null) }, fc.constantFrom(...items));

/**
 * Requests of which a good part is proper and permitted, a part proper and forbidden, and the rest
 * twisted: a key twice or in disguise, at any level; a batch; a message within a message, before or
 * behind it; another text encoding; headers that speak of something else.
 */
export const ambiguousRequest: fc.Arbitrary<WireRequest> = fc
  .record({
    plan,
    choices: fc.oneof(
      { weight: 2, arbitrary: fc.constant<Choice[]>([]) },
      { weight: 3, arbitrary: fc.array(choice, { minLength: 1, maxLength: 3 }) },
    ),
    styles: fc.oneof(fc.constant([0]), fc.array(fc.nat(60), { minLength: 1, maxLength: 12 })),
    inText: rarely(textTricks, 7),
    inBytes: rarely(byteTricks, 19),
    inHeaders: rarely(headerTricks, 4),
  })
  .map(({ plan: planned, choices, styles, inText, inBytes, inHeaders }) => {
    const [message, headers] = proper(planned);
    const twisted = choices.reduce(
      (node, each) => (tricks[each.trick] as (typeof tricks)[string])(node, each),
      message,
    );
    const written = write(twisted, styles);
    const changed = inText?.(written) ?? written;
    return {
      body: inBytes?.(changed) ?? encoder.encode(changed),
      headers: inHeaders === null ? headers : changeHeader(headers, inHeaders),
      tricks: [
        ...choices.map(({ trick }) => trick),
        ...[inText, inBytes, inHeaders?.[0]].flatMap((each) => (each ? [String(each)] : [])),
      ],
    };
  });
