import type { TrustedIssuer } from '../core/issuer.ts';
import type { Ports } from '../core/ports.ts';
import { type IssuerProfile, signatureAlgorithms } from '../core/provider.ts';
import { credentialsToSet } from './client-auth.ts';
import { createDiscovery, type Discovery } from './discovery.ts';
import { failure, type Outcome } from './exchange.ts';
import { createInquiry, type Inquiry } from './inquiry.ts';
import { createIntrospection, type IntrospectionEndpoint } from './introspection.ts';
import { checkEndpoint } from './issuer-url.ts';
import { createKeys, type Keys } from './keys.ts';
import { createLookup } from './lookup.ts';

/** One issuer at work. */
export interface Trusted {
  readonly profile: IssuerProfile;
  readonly keys: Keys;
  /** `null` where the issuer cannot be asked about a token. */
  readonly inquiry: Inquiry | null;
  /** The one way in which a token of each kind is verified; `null` where it is refused. */
  readonly paths: {
    readonly jwt: 'signature' | 'inquiry' | null;
    readonly opaque: 'inquiry' | null;
  };
  /** Whether its tokens can be verified now; tries what was never tried. Never rejects. */
  ready(): Promise<boolean>;
}

/** Nothing here may be empty: an unset audience or algorithm list would mean "any". */
function checkProfile({ issuer, audiences, algorithms }: IssuerProfile): void {
  if (audiences.length === 0 || audiences.some((audience) => audience.trim() === ''))
    throw new TypeError(`audiences of issuer ${issuer} must name at least one audience`);
  const known = algorithms.every((algorithm) => signatureAlgorithms.includes(algorithm));
  if (algorithms.length === 0 || !known)
    throw new TypeError(`algorithms of issuer ${issuer} must be asymmetric JWS algorithms`);
}

function pathsOf(
  { profile, validation }: TrustedIssuer,
  inquiry: Inquiry | null,
): Trusted['paths'] {
  const { issuer, kinds } = profile;
  if (validation === 'introspection' && inquiry === null)
    throw new TypeError(`issuer ${issuer} is to be asked about tokens: set ${credentialsToSet}`);
  const signed = validation === 'introspection' ? 'inquiry' : 'signature';
  const asks = inquiry !== null && validation !== 'jwt';
  const paths: Trusted['paths'] = {
    jwt: kinds.includes('jwt') ? signed : null,
    opaque: kinds.includes('opaque') && asks ? 'inquiry' : null,
  };
  if (paths.jwt === null && paths.opaque === null)
    throw new TypeError(
      `issuer ${issuer} hands out opaque tokens: set MCP_OAUTH_VALIDATION=auto and ${credentialsToSet}`,
    );
  return paths;
}

/** Where an endpoint is: as the operator set it, and only else as the issuer publishes it. */
function createLocators(
  { endpoints }: TrustedIssuer,
  discovery: Discovery,
): {
  readonly keys: () => Promise<Outcome<string>>;
  readonly introspection: () => Promise<Outcome<IntrospectionEndpoint>>;
} {
  return {
    async keys() {
      if (endpoints.jwks !== null) return { ok: true, value: endpoints.jwks };
      const found = await discovery.metadata();
      if (!found.ok) return found;
      const { jwksUri } = found.value;
      return jwksUri === null ? failure('no usable jwks_uri') : { ok: true, value: jwksUri };
    },

    async introspection() {
      const { introspection: set } = endpoints;
      if (set !== null) return { ok: true, value: { url: set, authMethods: null } };
      const found = await discovery.metadata();
      if (!found.ok) return found;
      const { introspectionEndpoint: url, introspectionAuthMethods: authMethods } = found.value;
      return url === null
        ? failure('no usable introspection_endpoint; set MCP_OAUTH_INTROSPECTION_URI')
        : { ok: true, value: { url, authMethods } };
    },
  };
}

/**
 * Sets one issuer to work. Nothing is fetched yet.
 *
 * @throws TypeError when the issuer lacks audiences or algorithms, no token of it could ever be
 *   verified, it is no https URL (http only on loopback), an endpoint is no URL, or our client
 *   cannot authenticate by its method.
 */
export function trust(trusted: TrustedIssuer, ports: Ports): Trusted {
  checkProfile(trusted.profile);
  const { client, endpoints } = trusted;
  for (const url of [endpoints.jwks, endpoints.introspection]) if (url !== null) checkEndpoint(url);
  const algorithms = [...trusted.profile.algorithms];
  const profile = { ...trusted.profile, algorithms, audiences: [...trusted.profile.audiences] };
  const { issuer, lookup } = profile;
  const discovery = createDiscovery({
    issuer,
    url: endpoints.discovery ?? profile.discoveryUrl,
    insecureHttp: trusted.insecureHttp ?? false,
    ports,
  });
  const locate = createLocators(trusted, discovery);
  const keys = createKeys({ issuer, algorithms, locate: locate.keys, ports });
  const ask = lookup
    ? createLookup(lookup, ports)
    : client && createIntrospection({ profile, client, locate: locate.introspection, keys, ports });
  const inquiry = ask && createInquiry(issuer, ask, ports);
  const paths = pathsOf(trusted, inquiry);
  return {
    profile,
    keys,
    inquiry,
    paths,

    async ready() {
      const [loaded, answers] = await Promise.all([
        paths.jwt === 'signature' ? keys.ready() : true,
        inquiry === null ? true : inquiry.ready(),
      ]);
      return loaded && answers;
    },
  };
}
