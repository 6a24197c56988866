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
 * Not checked: whether it is a URI, and equivalences of its scheme, such as `file://localhost/`.
 */
export function isPlainUri(uri: string): boolean {
  return !dotSegment.test(uri) && !encodedPath.test(uri) && !unprintable.test(uri);
}
