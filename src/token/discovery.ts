import type { Ports } from '../core/ports.ts';
import { type Failure, failure, type Outcome } from './exchange.ts';
import { fetchJson } from './fetch-json.ts';
import { checkEndpoint, isTrustworthyUrl, parseIssuer, wellKnownUrls } from './issuer-url.ts';
import type { JsonObject } from './json.ts';

const freshMs = 60 * 60 * 1_000;
/** Counted from the end of a failure; every introspection asks for metadata, and would wait for it. */
const retryMs = 30_000;

/** What an issuer publishes about itself, as far as a resource server needs it. */
export interface IssuerMetadata {
  readonly jwksUri: string | null;
  readonly introspectionEndpoint: string | null;
  /** How clients may authenticate there; `null` where the issuer does not say. */
  readonly introspectionAuthMethods: readonly string[] | null;
}

export interface Discovery {
  /** The issuer's metadata; a failure only while no good answer was ever had. Never rejects. */
  metadata(): Promise<Outcome<IssuerMetadata>>;
}

export interface DiscoveryOptions {
  /** Issuer string, byte for byte; used as it is, with or without a trailing slash. */
  readonly issuer: string;
  /** The one document to read instead of those under the issuer; `null` for the latter. */
  readonly url: string | null;
  /** Accepts a plain http issuer off loopback; `false` unless given. */
  readonly insecureHttp?: boolean;
  readonly ports: Ports;
}

/** One well-known URL and what it answered. */
type Attempt =
  | { readonly url: string; readonly document: JsonObject }
  | { readonly url: string; readonly refused: Failure; readonly foreign: boolean };

/**
 * Finds an issuer's metadata by RFC 8414 and OpenID Connect Discovery: every well-known form is
 * asked, documents whose `issuer` is not exactly the configured string are not used (RFC 8414
 * section 3.3), and the remaining ones are merged, RFC 8414 first. Good for one hour; after that a
 * failure keeps the last good answer for 30 seconds more, or for as long as the issuer asks to stay
 * away, and an endpoint that is no longer named stays as it was.
 *
 * Not checked: anything but `issuer` and the endpoints of {@link IssuerMetadata}; those of a login
 * are the client's.
 *
 * @throws TypeError when the issuer is no https URL (http only on loopback), or has a query,
 *   fragment or user info.
 */
export function createDiscovery(options: DiscoveryOptions): Discovery {
  const { issuer, url: override, insecureHttp = false, ports } = options;
  const parsed = parseIssuer(issuer, insecureHttp);
  if (override !== null) checkEndpoint(override);
  const urls = override === null ? wellKnownUrls(parsed) : [override];
  let known: IssuerMetadata | null = null;
  /** Monotonic milliseconds. */
  let knownUntil = 0;
  let inFlight: Promise<Outcome<IssuerMetadata>> | null = null;

  async function attempt(url: string): Promise<Attempt> {
    const outcome = await fetchJson(url, ports);
    if (!outcome.ok) return { url, refused: outcome, foreign: false };
    const got = outcome.value.issuer;
    if (got === issuer) return { url, document: outcome.value };
    const named = typeof got === 'string' ? got.slice(0, 512) : typeof got;
    return { url, refused: failure(`issuer ${named}`), foreign: true };
  }

  function read(document: JsonObject): IssuerMetadata {
    const endpoint = (name: string): string | null => {
      const value = document[name];
      if (isTrustworthyUrl(value, parsed, override)) return value;
      if (value !== undefined) ports.log.warn('discovery_endpoint_ignored', { issuer, name });
      return null;
    };
    const methods = document.introspection_endpoint_auth_methods_supported;
    return {
      jwksUri: endpoint('jwks_uri') ?? known?.jwksUri ?? null,
      introspectionEndpoint:
        endpoint('introspection_endpoint') ?? known?.introspectionEndpoint ?? null,
      introspectionAuthMethods: Array.isArray(methods)
        ? methods.filter((method) => typeof method === 'string')
        : null,
    };
  }

  async function discover(): Promise<Outcome<IssuerMetadata>> {
    const attempts = await Promise.all(urls.map(attempt));
    const found = attempts.some((tried) => 'document' in tried);
    const metadata = read(mergeDocuments(attempts));
    const good = found && (metadata.jwksUri ?? metadata.introspectionEndpoint) !== null;
    const answers = attempts.flatMap((tried) => {
      if ('document' in tried)
        return good
          ? []
          : [{ url: tried.url, got: 'no usable jwks_uri or introspection_endpoint' }];
      return good && !tried.foreign ? [] : [{ url: tried.url, got: tried.refused.got }];
    });
    const fields = { expected: issuer, answers };
    if (good) {
      if (answers.length > 0) ports.log.warn('discovery_document_ignored', fields);
      known = metadata;
      knownUntil = ports.clock.monotonic() + freshMs;
      return { ok: true, value: known };
    }
    ports.log.error('discovery_failed', fields);
    const pauses = attempts.map((tried) => ('refused' in tried ? tried.refused.retryAfterMs : 0));
    const pauseMs = Math.max(...pauses);
    if (known === null) return failure('no usable metadata', pauseMs);
    knownUntil = ports.clock.monotonic() + Math.max(retryMs, pauseMs);
    return { ok: true, value: known };
  }

  return {
    async metadata() {
      if (known !== null && ports.clock.monotonic() < knownUntil) return { ok: true, value: known };
      inFlight ??= discover().finally(() => {
        inFlight = null;
      });
      return inFlight;
    },
  };
}

/** The RFC 8414 document is asked for first, and the first wins. */
function mergeDocuments(attempts: readonly Attempt[]): JsonObject {
  const documents = attempts.map((tried) => ('document' in tried ? tried.document : {}));
  return Object.fromEntries(documents.toReversed().flatMap(Object.entries));
}
