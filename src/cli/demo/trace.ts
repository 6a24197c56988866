import { redact, redactUrl, shortPath } from './redaction.ts';
import { type Detail, grantedToken, presentedToken } from './token-details.ts';

/** One HTTP exchange as the demo shows it. */
export interface Exchange {
  readonly method: string;
  readonly url: URL;
  /** MCP method and target of the message sent, such as `tools/call notes_list`; else empty. */
  readonly operation: string;
  readonly sent: readonly Detail[];
  readonly status: number;
  readonly received: readonly Detail[];
  /** `WWW-Authenticate`, whole. */
  readonly challenge: string | null;
  /** Media type of the answer, without parameters; empty for none. */
  readonly mediaType: string;
  /** A JSON answer's members, secrets replaced; empty for anything else. */
  readonly body: Readonly<Record<string, unknown>>;
}

export type TracedFetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

export interface Trace {
  readonly fetch: TracedFetch;
  /** Hands over what was recorded since the last call, oldest first. */
  take(): readonly Exchange[];
}

const shownFields: ReadonlySet<string> = new Set([
  'answer',
  'client_name',
  'code',
  'code_challenge_method',
  'code_verifier',
  'grant_type',
  'name',
  'redirect_uris',
  'resource',
  'response_type',
  'scope',
  'token',
]);

const shownAnswers: ReadonlySet<string> = new Set([
  'authorization_endpoint',
  'authorization_servers',
  'client_id',
  'code_challenge_methods_supported',
  'dpop_bound_access_tokens_required',
  'introspection_endpoint',
  'issuer',
  'registration_endpoint',
  'resource',
  'token_endpoint',
]);

type Fields = Readonly<Record<string, unknown>>;

function shown(names: ReadonlySet<string>, fields: Iterable<readonly [string, unknown]>): Detail[] {
  const details = new Map<string, string>();
  for (const [name, value] of fields) {
    if (!names.has(name)) continue;
    const text = [redact(name, value)].flat().join(' ');
    const before = details.get(name);
    details.set(name, before === undefined ? text : `${before} ${text}`);
  }
  return [...details];
}

function parseObject(text: string): Fields {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function operationOf(message: Fields): string {
  if (typeof message.method !== 'string') return '';
  const params = (message.params ?? {}) as Fields;
  const target = params.name ?? params.uri;
  return typeof target === 'string' ? `${message.method} ${target}` : message.method;
}

function location(response: Response, base: URL): Detail[] {
  const target = response.headers.get('location');
  if (target === null) return [];
  const { origin, pathname, searchParams } = redactUrl(new URL(target, base));
  const place = `${origin === base.origin ? '' : origin}${shortPath(pathname)}`;
  const code = searchParams.get('code');
  return [['Location', code === null ? place : `${place}?code=${code}`]];
}

/** Wraps `fetch` so that every exchange through it is recorded, with all secrets left out. */
export function recordExchanges(fetch: TracedFetch): Trace {
  let exchanges: Exchange[] = [];

  async function record(target: string | URL, init: RequestInit = {}): Promise<Response> {
    const url = new URL(target);
    const { method = 'GET', body } = init;
    const form = body instanceof URLSearchParams ? body : new URLSearchParams();
    const message = typeof body === 'string' ? parseObject(body) : {};
    const response = await fetch(url, init);
    const mediaType = response.headers.get('content-type')?.split(';')[0] ?? '';
    const json = mediaType === 'application/json';
    const answer = json ? parseObject(await response.clone().text()) : {};
    const clean = Object.entries(answer).map(
      ([name, value]) => [name, redact(name, value)] as const,
    );
    const fields = [...url.searchParams, ...form, ...Object.entries(message)];
    exchanges.push({
      method,
      url: redactUrl(url),
      operation: operationOf(message),
      sent: [...presentedToken(new Headers(init.headers)), ...shown(shownFields, fields)],
      status: response.status,
      received: [
        ...location(response, url),
        ...shown(shownAnswers, clean),
        ...grantedToken(answer),
      ],
      challenge: response.headers.get('www-authenticate'),
      mediaType,
      body: Object.fromEntries(clean),
    });
    return response;
  }

  return {
    fetch: record,
    take() {
      const taken = exchanges;
      exchanges = [];
      return taken;
    },
  };
}
