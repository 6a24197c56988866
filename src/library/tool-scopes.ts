import type { ToolScopes } from '../policy/tool-scopes.ts';

/** Under a symbol of its own, which neither MCP SDK looks at nor shows to clients. */
const declared: unique symbol = Symbol.for('mcp-doorman.scopes');

/**
 * Declares beside a tool's registration which scopes its callers need:
 * `server.registerTool('purge', withScopes(['notes:admin'], { description }), purge)`. Without
 * {@link collectToolScopes} it says so and enforces nothing.
 *
 * @param config the registration's configuration, which comes back as a copy.
 */
export function withScopes<Config extends object>(
  scopes: readonly string[],
  config: Config,
): Config {
  return { ...config, [declared]: scopes };
}

/** Stands for whatever else a server offers: any member, called or read, is this again. */
const nothing: unknown = new Proxy(() => {}, {
  get: (_target, key) => (key === 'then' || typeof key === 'symbol' ? undefined : nothing),
  apply: () => nothing,
});

/**
 * Collects what registrations declare, for the option `toolScopes`. The function runs once, on a
 * stand-in, before there is any caller; so it may not depend on what a real server answers.
 *
 * Not collected: tools that are registered elsewhere, or later. They fall to the policy document.
 *
 * @param register registers the tools on an MCP server of either SDK.
 * @throws TypeError where one tool is registered twice
 */
export function collectToolScopes<Server>(register: (server: Server) => void): ToolScopes {
  const found = new Map<string, readonly string[]>();
  const names = new Set<string>();
  const registerTool = (name: string, config: { [declared]?: readonly string[] }): unknown => {
    if (names.has(name)) throw new TypeError(`tool ${name} is registered twice`);
    names.add(name);
    const scopes = config?.[declared];
    if (scopes) found.set(name, scopes);
    return nothing;
  };
  const recorder = new Proxy(
    {},
    { get: (_target, key) => (key === 'registerTool' ? registerTool : nothing) },
  );
  register(recorder as Server);
  return Object.fromEntries(found);
}
