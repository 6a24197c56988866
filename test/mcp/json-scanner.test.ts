import { describe, expect, it, test } from 'vitest';
import { call, expectRefusal, read } from './reading.ts';

const safe = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"safe"}}';

function utf16(text: string, bigEndian: boolean, mark: boolean): Uint8Array {
  const units = [...(mark ? '\ufeff' : ''), ...text].map((char) => char.charCodeAt(0));
  return Uint8Array.from(
    units.flatMap((unit) => (bigEndian ? [unit >> 8, unit & 0xff] : [unit & 0xff, unit >> 8])),
  );
}

function utf32(text: string, bigEndian: boolean): Uint8Array {
  return Uint8Array.from(
    [...text].flatMap((char) => {
      const code = char.charCodeAt(0);
      return bigEndian ? [0, 0, 0, code] : [code, 0, 0, 0];
    }),
  );
}

/** A call whose one argument is a string of these raw bytes. */
function rawString(...bytes: number[]): Uint8Array {
  const [head, tail] = call('{"a":"|"}').split('|') as [string, string];
  return Uint8Array.from([...Buffer.from(head), ...bytes, ...Buffer.from(tail)]);
}

describe('encodings', () => {
  test.each([
    ['a byte order mark', Buffer.from(`\ufeff${safe}`)],
    ['a byte order mark before a batch', Buffer.from(`\ufeff[${safe}]`)],
    ['two byte order marks', Buffer.from(`\ufeff\ufeff${safe}`)],
    ['a byte order mark at the end', Buffer.from(`${safe}\ufeff`)],
    ['UTF-16, little endian', utf16(safe, false, false)],
    ['UTF-16, little endian, marked', utf16(safe, false, true)],
    ['UTF-16, big endian', utf16(safe, true, false)],
    ['UTF-16, big endian, marked', utf16(safe, true, true)],
    ['UTF-32, little endian', utf32(safe, false)],
    ['UTF-32, big endian', utf32(safe, true)],
    ['UTF-7', Buffer.from('+AHs-"jsonrpc":"2.0"+AH0-')],
    ['Latin-1', rawString(0xe9)],
    ['an overlong slash', rawString(0xc0, 0xaf)],
    ['an overlong NUL', rawString(0xc0, 0x80)],
    ['an encoded surrogate', rawString(0xed, 0xa0, 0x80)],
    ['an encoded surrogate pair', rawString(0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80)],
    ['a code point above U+10FFFF', rawString(0xf4, 0x90, 0x80, 0x80)],
    ['a stray continuation byte', rawString(0x80)],
    ['a cut sequence', rawString(0xe2, 0x82)],
    ['bytes 0xFE and 0xFF', rawString(0xfe, 0xff)],
    ['nothing', new Uint8Array()],
    ['a gzip body', Uint8Array.from([0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0])],
  ])('refuses %s', (_name, body) => {
    expectRefusal(body, -32700);
  });

  it('reads every other character as it is', () => {
    const text = call('{"a":"é€😀\u007f\u0085\u2028\u2029\ufeff\uffff","ключ":"𝔘"}');
    expect(read(text).canonical).toBe(text);
  });
});

describe('grammar', () => {
  test.each([
    ['only whitespace', ' \n'],
    ['a second object', `${safe}${safe}`],
    ['a second object on its own line', `${safe}\n${safe}`],
    ['a trailing comma', `${safe},`],
    ['a trailing bracket', `${safe}]`],
    ['a trailing letter', `${safe}x`],
    ['a trailing NUL', `${safe}\0`],
    ['a cut object', safe.slice(0, -1)],
    ['a cut string', safe.slice(0, -4)],
    ['a vertical tab before the object', `\v${safe}`],
    ['a vertical tab before a batch', `\v[${safe}]`],
    ['a form feed', `\f${safe}`],
    ['a no-break space', `\u00a0${safe}`],
    ['a line separator', `${safe}\u2028`],
    ['an XSSI prefix', `)]}'\n${safe}`],
    ['a line comment', `${safe}//`],
    ['a block comment', `/**/${safe}`],
    ['a hash comment', `#\n${safe}`],
  ])('refuses %s', (_name, body) => {
    expectRefusal(body, -32700);
  });

  test.each([
    ['NaN'],
    ['Infinity'],
    ['-Infinity'],
    ['undefined'],
    ['True'],
    ['nul'],
    ['nulls'],
    ['truefalse'],
    ["'a'"],
    ['`a`'],
    ['a'],
    ['+1'],
    ['-'],
    ['--1'],
    ['- 1'],
    ['01'],
    ['-01'],
    ['00'],
    ['.5'],
    ['1.'],
    ['1.e5'],
    ['1e'],
    ['1e+'],
    ['1e1.5'],
    ['0x10'],
    ['1_000'],
    ['1n'],
    ['1 2'],
    ['\u0661'],
    ['\uff11'],
    ['"'],
    ['"a'],
    ['"\\"'],
    ['"\\\\\\"'],
    [`"${'a'.repeat(100)}`],
    ['"\t"'],
    ['"\n"'],
    ['"\0"'],
    ['"\u001f"'],
    [`"${'a'.repeat(100)}\u001f"`],
    ['"\\x41"'],
    ['"\\a"'],
    ['"\\0"'],
    ['"\\\'"'],
    ['"\\\n"'],
    ['"\\U0041"'],
    ['"\\u"'],
    ['"\\u004"'],
    ['"\\u004g"'],
    ['"\\u 041"'],
    ['"\\u+041"'],
    ['"\\u{41}"'],
    ['[1,]'],
    ['[,1]'],
    ['[1,,2]'],
    ['[,]'],
    ['[1 2]'],
    ['[1'],
    ['[1}'],
    ['[1:2]'],
    ['{"a":1,}'],
    ['{,"a":1}'],
    ['{"a":1,,"b":2}'],
    ['{"a" 1}'],
    ['{"a":}'],
    ['{"a"}'],
    ['{"a":1 "b":2}'],
    ['{"a":1]'],
    ['{a:1}'],
    ["{'a':1}"],
    ['{1:1}'],
    ['{null:1}'],
    ['{"a"::1}'],
    ['{"a":1;"b":2}'],
    ['{"a":1/*c*/}'],
    [''],
  ])('refuses the argument %j', (value) => {
    expectRefusal(call(value), -32700);
    expectRefusal(call(`{"deep":[${value === '' ? '1,' : value}]}`), -32700);
  });

  test.each([
    ['0'],
    ['-0'],
    ['-0.0'],
    ['1E5'],
    ['1e+05'],
    ['0e-0'],
    ['123.4560'],
    ['1e400'],
    ['9007199254740993'],
    ['0.1000000000000000055511151231257827'],
    ['true'],
    ['false'],
    ['null'],
    ['""'],
    ['[]'],
    ['{}'],
    ['[[],{}]'],
    ['{"":0}'],
    ['[1,[2,[3]]]'],
    ['"\\u0000\\u001f\\b\\f\\n\\r\\t\\"\\\\"'],
    ['{"__proto__":{"a":1},"constructor":1,"toString":2}'],
  ])('keeps the argument %s as it is', (value) => {
    expect(read(call(value)).canonical).toBe(call(value));
  });
});

describe('surrogates', () => {
  test.each([
    ['"\\ud800"'],
    ['"\\udfff"'],
    ['"\\uD83D"'],
    ['"\\ud83dx"'],
    ['"\\ud83d\\u0041"'],
    ['"\\ud83d\\ud83d"'],
    ['"\\ude00\\ud83d"'],
    ['"\\ud83d\\n"'],
    ['"\\ud83d😀"'],
    ['"😀\\ude00"'],
    ['{"\\ud800":1}'],
    [`"${'a'.repeat(100)}\\ud800"`],
  ])('refuses half a pair in %s', (value) => {
    expectRefusal(call(value), -32700);
  });

  it('refuses half a pair in the name of a tool', () => {
    expectRefusal(
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"safe\\ud800"}}',
      -32700,
    );
  });

  it('accepts an escaped backslash that only looks like half a pair', () => {
    expect(read(call('"\\\\ud800"')).canonical).toBe(call('"\\\\ud800"'));
  });
});

describe('depth', () => {
  // The message and its params are two of the 100 levels.
  const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
  const objects = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;

  it('accepts 100 levels', () => {
    expect(read(call(nested(98))).canonical).toBe(call(nested(98)));
    expect(read(call(objects(98))).canonical).toBe(call(objects(98)));
  });

  test.each([
    ['101 levels of arrays', call(nested(99))],
    ['101 levels of objects', call(objects(99))],
    ['100,000 nested arrays', call(nested(100_000))],
    ['100,000 nested objects', call(objects(100_000))],
    ['100,000 opened arrays', '['.repeat(100_000)],
    ['100,000 opened objects', '{"params":'.repeat(100_000)],
  ])('refuses %s', (_name, body) => {
    expectRefusal(body, -32700);
  });
});

describe('duplicate keys', () => {
  test.each([
    ['{"jsonrpc":"2.0","jsonrpc":"2.0","id":1,"method":"ping"}'],
    ['{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}'],
    ['{"jsonrpc":"2.0","id":1,"method":"tools/list","method":"tools/call"}'],
    ['{"jsonrpc":"2.0","id":1,"method":"tools/call","method":"tools/list"}'],
    ['{"method":"ping","jsonrpc":"2.0","id":1,"m\\u0065thod":"tools/call"}'],
    ['{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a"},"params":{"name":"b"}}'],
    ['{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"safe","name":"secret"}}'],
    ['{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"safe","n\\u0061me":"x"}}'],
    ['{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","_meta":{},"_meta":{}}}'],
    [call('{},"arguments":{}')],
    [call('{"a":1,"a":1}')],
    [call('{"a":1,"\\u0061":1}')],
    [call('{"a/b":1,"a\\/b":1}')],
    [call('{"":1,"":2}')],
    [call('{"😀":1,"\\ud83d\\ude00":2}')],
    [call('{"__proto__":1,"__proto__":2}')],
    [call('{"x":[{"y":{"z":1,"z":2}}]}')],
    [call(`{${Array.from({ length: 50 }, (_, n) => `"${n}":0`).join()},"49":1}`)],
    [call(`{${Array.from({ length: 50 }, (_, n) => `"k${n}":0`).join()},"k\\u0030":1}`)],
    [call(`{"${'a'.repeat(500)}":1,"${'a'.repeat(500)}":2}`)],
    ['{"jsonrpc":"2.0","id":1,"method":"ping","extra":1,"extra":1}'],
    ['{"jsonrpc":"2.0","id":1,"result":{"a":1,"a":2}}'],
    ['{"jsonrpc":"2.0","id":1,"result":{},"result":{}}'],
  ])('are refused in %.90s', (body) => {
    expectRefusal(body, -32600);
  });

  it('are not seen where an object only looks alike, nor between objects', () => {
    const text = call('{"a":{"a":1},"A":2,"a ":3,"a\\u0000":4,"b":[{"c":1},{"c":2}],"\\"a":5}');
    expect(read(text).canonical).toBe(text);
  });
});

describe('canonical text', () => {
  test.each([
    [
      'whitespace',
      ' { \t"a"\r\n:\n1 , "b" :[ ] , "c":{ }, "d":[ 1 , 2 ] } ',
      '{"a":1,"b":[],"c":{},"d":[1,2]}',
    ],
    ['an escaped letter', '"\\u0061\\u00e9\\u20AC"', '"aé€"'],
    ['an escaped slash', '"a\\/b"', '"a/b"'],
    ['an escaped pair', '"\\ud83d\\ude00\\uD83D\\uDE00"', '"😀😀"'],
    ['long forms of short escapes', '"\\u000a\\u0022\\u005c\\u0008"', '"\\n\\"\\\\\\b"'],
    ['upper-case digits', '"\\u001F\\u000B"', '"\\u001f\\u000b"'],
    ['escapes that need none', '"\\u007f\\u2028"', '"\u007f\u2028"'],
    ['a key', '{"\\u0061b":1}', '{"ab":1}'],
    ['a long string', `"${'a'.repeat(99)}\\u0061"`, `"${'a'.repeat(100)}"`],
    ['the order of keys', '{"b":1, "1":2, "a":3}', '{"b":1,"1":2,"a":3}'],
    ['numbers', '[ 1.0, 1e400, -0, 9007199254740993 ]', '[1.0,1e400,-0,9007199254740993]'],
  ])('has one form for %s', (_name, written, canonical) => {
    const message = read(`\n${call(written)}\t`);
    expect(message.canonical).toBe(call(canonical));
    expect(read(message.canonical).canonical).toBe(message.canonical);
  });

  it('keeps whitespace inside strings', () => {
    const text = call('{" a ":"  b  ","c":"{ \\"d\\" : 1 }"}');
    expect(read(text).canonical).toBe(text);
  });

  it('keeps members that the protocol does not know', () => {
    const text =
      '{"x-first":null,"jsonrpc":"2.0","id":1,"method":"ping","params":{"own":[1]},"zz":false}';
    expect(read(text).canonical).toBe(text);
  });
});
