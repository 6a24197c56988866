export type JsonObject = Readonly<Record<string, unknown>>;

/** Strings and structure; numbers, literals and white space lie between the matches. */
const lexemes = /"(?:[^"\\]+|\\.)*"|[{}[\],]/g;

/** Expects a text that `JSON.parse` has accepted, so that brackets and quotes are balanced. */
function isAmbiguous(text: string): boolean {
  const open: (Set<string> | null)[] = [];
  let nameNext = false;
  for (const [lexeme] of text.matchAll(lexemes)) {
    const names = open.at(-1);
    if (lexeme === '{') open.push(new Set(['__proto__']));
    else if (lexeme === '[') open.push(null);
    else if (lexeme === '}' || lexeme === ']') open.pop();
    else if (lexeme !== ',' && nameNext && names) {
      const name: string = JSON.parse(lexeme);
      if (names.has(name)) return true;
      names.add(name);
    }
    nameNext = lexeme === '{' || (lexeme === ',' && names instanceof Set);
  }
  return false;
}

/**
 * Reads a JSON text that must be one object in which no object repeats a member name (RFC 7515
 * section 4, RFC 7519 section 4): two readers could otherwise see two different claims. A member
 * named `__proto__` is refused for the same reason.
 *
 * @returns `null` for anything else.
 */
export function parseJsonObject(text: string): JsonObject | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  return isAmbiguous(text) ? null : (value as JsonObject);
}

/** Decodes UTF-8 and reads one JSON object; `null` where either fails. A byte order mark fails. */
export function decodeJsonObject(bytes: Uint8Array): JsonObject | null {
  try {
    return parseJsonObject(
      new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes),
    );
  } catch {
    return null;
  }
}
