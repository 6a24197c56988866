import type * as OidcProvider from 'oidc-provider';

/** Said on any runtime older than its newest, and of the store that a throw-away IdP wants. */
const known = ['Unsupported runtime', 'in-memory adapter is used'];

function expected(values: readonly unknown[]): boolean {
  const [text] = values;
  return (
    typeof text === 'string' &&
    text.includes('oidc-provider WARNING') &&
    known.some((part) => text.includes(part))
  );
}

function muffle(): () => void {
  const { warn } = console;
  console.warn = (...values: unknown[]) => {
    if (!expected(values)) warn(...values);
  };
  return () => {
    console.warn = warn;
  };
}

// The runtime warning is printed while the package loads. A module is evaluated once a process,
// so two identity providers that start together cannot restore each other's console.
const restore = muffle();
const loaded: typeof OidcProvider = await import('oidc-provider').finally(restore);

export const Provider: typeof OidcProvider.default = loaded.default;
export const oidcErrors: typeof OidcProvider.errors = loaded.errors;
export const interactionPolicy: typeof OidcProvider.interactionPolicy = loaded.interactionPolicy;

/**
 * Runs `start` with the two warnings silenced that oidc-provider prints for every demo: an older
 * Node.js, and a store in memory. Anything else it has to say is still printed.
 *
 * @param start synchronous, so that nobody else's warnings pass through the filter.
 */
export function withoutKnownWarnings<Result>(start: () => Result): Result {
  const unmuffle = muffle();
  try {
    return start();
  } finally {
    unmuffle();
  }
}
