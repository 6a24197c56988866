/** OAuth error codes that may appear on the wire, RFC 6750 section 3.1 and RFC 9449 section 12.2. */
export type OAuthError =
  | 'invalid_request'
  | 'invalid_token'
  | 'insufficient_scope'
  | 'invalid_dpop_proof'
  | 'use_dpop_nonce';

/** The closed list of refusals. */
export type ErrorCode =
  | 'token_missing'
  | 'authorization_malformed'
  | 'token_malformed'
  | 'token_expired'
  | 'token_not_yet_valid'
  | 'token_inactive'
  | 'signature_invalid'
  | 'algorithm_denied'
  | 'type_denied'
  | 'key_unknown'
  | 'issuer_untrusted'
  | 'audience_mismatch'
  | 'claims_invalid'
  | 'binding_required'
  | 'binding_mismatch'
  | 'proof_invalid'
  | 'proof_nonce_required'
  | 'scope_insufficient'
  | 'operation_denied'
  | 'origin_denied'
  | 'host_denied'
  | 'method_unknown'
  | 'session_mismatch'
  | 'task_unknown'
  | 'not_found'
  | 'method_not_allowed'
  | 'request_timeout'
  | 'body_too_large'
  | 'content_type_denied'
  | 'headers_too_large'
  | 'rate_limited'
  | 'sessions_exhausted'
  | 'message_invalid'
  | 'header_mismatch'
  | 'version_unsupported'
  | 'shutting_down'
  | 'issuer_unavailable'
  | 'upstream_unavailable'
  | 'upstream_timeout'
  | 'upstream_refused'
  | 'upstream_exhausted'
  | 'internal_error';

/** What one code stands for, towards the client and in the log. */
export interface ErrorRow {
  /** HTTP status of the refusal. */
  readonly status: number;
  /** Sent in `WWW-Authenticate`; `null` where no challenge carries an error code. */
  readonly oauthError: OAuthError | null;
  /** Whether the refusal carries a challenge at all. */
  readonly challenge: boolean;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** `Retry-After` in seconds; `null` where retrying the same request cannot help. */
  readonly retryAfterSeconds: number | null;
  /** What a client reads about this refusal, unless a fixed text of ours tells it more. */
  readonly message: string;
}

function row(
  status: number,
  message: string,
  level: ErrorRow['level'] = 'info',
  retryAfterSeconds: number | null = null,
): ErrorRow {
  return { status, oauthError: null, challenge: false, level, retryAfterSeconds, message };
}

function invalidToken(message: string): ErrorRow {
  return { ...row(401, message), oauthError: 'invalid_token', challenge: true };
}

/**
 * Every way to refuse, once. The code is for logs, metrics and audit; a client sees the status, the
 * OAuth error and the fixed message, never a claim, a key, an issuer or a URL.
 */
export const errorTable: Readonly<Record<ErrorCode, ErrorRow>> = {
  token_missing: {
    ...row(401, 'Authentication required: send an access token.', 'debug'),
    challenge: true,
  },
  authorization_malformed: {
    ...row(400, 'The Authorization header is malformed.'),
    oauthError: 'invalid_request',
    challenge: true,
  },
  token_malformed: invalidToken('The access token is not well-formed.'),
  token_expired: invalidToken('The access token has expired.'),
  token_not_yet_valid: invalidToken('The access token is not valid yet.'),
  token_inactive: invalidToken('The access token is not active.'),
  signature_invalid: invalidToken('The access token could not be verified.'),
  algorithm_denied: invalidToken('The access token could not be verified.'),
  type_denied: invalidToken('The token is not an access token.'),
  key_unknown: invalidToken('The access token could not be verified.'),
  issuer_untrusted: invalidToken('The access token was not issued by a trusted issuer.'),
  audience_mismatch: invalidToken('The access token was not issued for this resource.'),
  claims_invalid: invalidToken('The access token lacks a required claim.'),
  binding_required: invalidToken('The access token must be bound to a key, and sent with a proof.'),
  binding_mismatch: invalidToken('The access token is not bound to the key that was proven.'),
  proof_invalid: {
    ...invalidToken('The DPoP proof is not valid for this request.'),
    oauthError: 'invalid_dpop_proof',
  },
  proof_nonce_required: {
    ...row(401, 'The DPoP proof must contain the nonce of this answer.', 'debug'),
    oauthError: 'use_dpop_nonce',
    challenge: true,
  },
  scope_insufficient: {
    ...row(403, 'The access token lacks a permission that this operation needs.'),
    oauthError: 'insufficient_scope',
    challenge: true,
  },
  operation_denied: row(403, 'This operation is not permitted.'),
  origin_denied: row(403, 'Requests from this origin are not permitted.', 'warn'),
  host_denied: row(421, 'This host name is not served here.', 'warn'),
  method_unknown: row(200, 'Method not found.'),
  session_mismatch: row(404, 'Session not found.', 'warn'),
  task_unknown: row(200, 'Failed to retrieve task: Task not found.', 'warn'),
  not_found: row(404, 'Not found.', 'debug'),
  method_not_allowed: row(405, 'Method not allowed.', 'debug'),
  request_timeout: row(408, 'The request took too long to arrive.'),
  body_too_large: row(413, 'The request body is too large.'),
  content_type_denied: row(415, 'Send one JSON message as application/json, not compressed.'),
  headers_too_large: row(431, 'The request has too many header fields.'),
  rate_limited: row(429, 'Too many requests.', 'warn', 1),
  sessions_exhausted: row(429, 'Too many sessions of this user are open.', 'warn', 30),
  message_invalid: row(400, 'The message is not a valid JSON-RPC message.'),
  header_mismatch: row(400, 'A header contradicts the message.'),
  version_unsupported: row(400, 'This protocol version is not supported.'),
  shutting_down: row(503, 'The server is shutting down.', 'debug', 5),
  issuer_unavailable: row(503, 'Tokens cannot be verified right now. Try again.', 'error', 5),
  upstream_unavailable: row(
    502,
    'The MCP server cannot be reached, or its answer cannot be used.',
    'error',
  ),
  upstream_timeout: row(504, 'The MCP server took too long to answer.', 'error'),
  upstream_refused: row(502, 'The MCP server refused the request.', 'error'),
  upstream_exhausted: row(503, 'The MCP server has no room for another session.', 'error', 30),
  internal_error: row(500, 'Something went wrong here.', 'error'),
};
