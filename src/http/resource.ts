const resourceParts = /^(https?:\/\/[^/?#]+)([^?#]*)$/i;

/** A resource identifier taken apart as it stands, never through `URL`, which would normalise it. */
export interface ResourceParts {
  readonly origin: string;
  /** As written; empty for a bare origin. */
  readonly path: string;
  /** The request path of the MCP endpoint. */
  readonly endpoint: string;
}

/** @throws TypeError unless the resource is an `http:` or `https:` URL without query and fragment. */
export function splitResource(resource: string): ResourceParts {
  const [, origin, path] = resourceParts.exec(resource) ?? [];
  if (origin === undefined || path === undefined) {
    throw new TypeError('The resource must be an http(s) URL without query or fragment.');
  }
  return { origin, path, endpoint: path || '/' };
}
