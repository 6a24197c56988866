const dotSegment = /(?:^|[/:])\.{1,2}(?:[/?#;]|$)/;
const encodedPath = /%(?:25)*(?:[01][0-9a-f]|2[d-f]|3[0-9]|[46][1-9a-f]|5[0-9acf]|7[0-9aef])/i;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const unprintable = /[\\\s\u0000-\u001f\u007f]/;

/**
 * Whether a resource URI means one thing to everybody. A server may resolve dot segments, decode
 * slashes, control characters or unreserved ones (which no honest client encodes, RFC 3986 section
 * 2.3), or turn backslashes round after the policy has looked (`file:///public/../secret`), so a
 * URI that holds any of them fits no rule.
 *
 * Not checked: whether it is a URI, and equivalences of its scheme: {@link uriReadings} has those.
 */
export function isPlainUri(uri: string): boolean {
  return !dotSegment.test(uri) && !encodedPath.test(uri) && !unprintable.test(uri);
}

/** Stands for an expression while a URL parser is at work; none of its characters is ever changed. */
const placeholder = 'x-expression-of-a-template-x';
/**
 * RFC 6570 section 2.2. What stands in it has no form of its own until it is expanded. No text can
 * be divided among its parts in two ways, which a hostile one would have tried one after the other.
 */
const expression = new RegExp(`${placeholder}|\\{[+#/;?&]?[\\w.%][\\w.%,:*]*\\}`, 'gi');

/**
 * Every text by which a server may know the resource that a URI names: as it is written, and as a
 * URL parser would write it (scheme and host in small letters, no default port, no `localhost` in
 * `file:`, a path, everything encoded that has to be). SDKs look resources up by the one or by the
 * other, so a policy has to permit both. Expressions of a URI template stay as they are written.
 *
 * @param uri a plain one; see {@link isPlainUri}.
 * @returns one text or two, the written one first.
 */
export function uriReadings(uri: string): readonly string[] {
  const template = uri.replace(expression, placeholder);
  if (!URL.canParse(template)) return [uri];
  const expressions = uri.match(expression)?.values();
  const parsed = new URL(template).href.replaceAll(
    placeholder,
    () => expressions?.next().value ?? placeholder,
  );
  return parsed === uri ? [uri] : [uri, parsed];
}
