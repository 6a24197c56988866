const ambiguous =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
  /(?:^|[/:])\.{1,2}(?:[/?#]|$)|%(?:2e|2f|5c)|[\\\s\u0000-\u001f\u007f]/i;

/**
 * Whether a resource URI means one thing to everybody. A server may resolve dot segments, encoded
 * dots and slashes, or backslashes after the policy has looked (`file:///public/../secret`), so a
 * URI that holds any of them fits no rule.
 */
export function isPlainUri(uri: string): boolean {
  return !ambiguous.test(uri);
}
