/** Where the keys are published that verify our assertions. */
export const keySetPath = '/.well-known/mcp-doorman/jwks.json';

/**
 * Answers a request for a JWK set (RFC 7517 section 5).
 *
 * @param keys public ones only; of those with the same `kid` the first counts.
 */
export function respondWithKeys(
  request: Request,
  keys: readonly { readonly kid?: string }[],
): Response {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return new Response(null, { status: 405, headers: { Allow: 'GET, HEAD' } });
  }
  const distinct = [...new Map(keys.toReversed().map((key) => [key.kid, key])).values()];
  return new Response(request.method === 'HEAD' ? null : JSON.stringify({ keys: distinct }), {
    headers: { 'Content-Type': 'application/jwk-set+json', 'Cache-Control': 'public, max-age=300' },
  });
}
