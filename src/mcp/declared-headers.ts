/** An argument of a tool that stands in a header as well (MCP 2026-07-28, "Custom Headers"). */
export interface DeclaredHeader {
  /** What follows `Mcp-Param-`. */
  readonly name: string;
  /** Keys that lead from the arguments of a call to the value. */
  readonly path: readonly string[];
}

type Members = Readonly<Record<string, unknown>>;

const token = /^[\w!#$%&'*+.^`|~-]+$/;
/** MCP does not allow `number`, but has servers compare it all the same. */
const types: ReadonlySet<unknown> = new Set(['string', 'integer', 'number', 'boolean']);
/** No message is read that goes deeper. */
const deepest = 100;

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Finds the headers that a tool declares by `x-mcp-header` in its input schema: for properties with
 * a primitive type, at any depth below other properties. Whatever else has the keyword declares
 * nothing, and neither does what is no name of a header.
 *
 * @param inputSchema as the tool's server lists it, in any form.
 */
export function declaredHeaders(inputSchema: unknown): readonly DeclaredHeader[] {
  const declared: DeclaredHeader[] = [];
  const objects: { readonly schema: unknown; readonly path: readonly string[] }[] = [
    { schema: inputSchema, path: [] },
  ];
  for (const { schema, path } of objects) {
    const properties = isObject(schema) ? schema.properties : undefined;
    if (!isObject(properties) || path.length >= deepest) continue;
    for (const [key, property] of Object.entries(properties)) {
      if (!isObject(property)) continue;
      const below = [...path, key];
      const { type, 'x-mcp-header': name } = property;
      if (typeof name === 'string' && token.test(name) && types.has(type))
        declared.push({ name, path: below });
      objects.push({ schema: property, path: below });
    }
  }
  return declared;
}
