import { isMap, isNode, isScalar, LineCounter, parseDocument, type YAMLError } from 'yaml';
import { ConfigError } from './problem.ts';

/** Reads a text file; throws what `node:fs` throws. */
export type ReadFile = (path: string) => string;

export type KeyPath = readonly (string | number)[];

/** A YAML or JSON file (JSON is YAML), and where in it things stand. */
export interface YamlFile {
  readonly value: unknown;
  /** `file:line:column` of a value, or of the nearest thing around it that exists. */
  place(path: KeyPath): string;
  /** `file:line:column` of the key itself. */
  placeOfKey(path: KeyPath): string;
  /** A number as it was written, so that no digit of a long one is lost; `null` for others. */
  writtenNumber(path: KeyPath): string | null;
}

/**
 * Reads a file.
 *
 * @param source the flag, variable or place that names the file, for messages.
 * @throws ConfigError
 */
export function readTextFile(path: string, source: string, readFile: ReadFile): string {
  try {
    return readFile(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${error.code})` : '';
    throw new ConfigError([{ source, message: `cannot read ${path}${code}` }]);
  }
}

/** The parser's own sentences quote the file, which may hold what must not be shown. */
function sentence({ code }: YAMLError): string {
  if (code === 'MULTIPLE_DOCS') return 'holds several documents; keep one';
  if (code === 'DUPLICATE_KEY') return 'repeats a key; keys must be unique';
  return `is not valid YAML (${code.toLowerCase().replaceAll('_', ' ')})`;
}

/**
 * Parses YAML or JSON.
 *
 * @param path name of the file, for messages.
 * @throws ConfigError naming line and column
 */
export function parseYaml(text: string, path: string): YamlFile {
  const lines = new LineCounter();
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${path}:${line}:${col}`;
  };
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) {
    throw new ConfigError(
      faults.map((error) => ({ source: at(error.pos[0]), message: sentence(error) })),
    );
  }

  function toValue(): unknown {
    try {
      return document.toJS();
    } catch {
      const message = 'has an alias that leads nowhere, or too many of them';
      throw new ConfigError([{ source: path, message }]);
    }
  }

  function place(keys: KeyPath): string {
    for (let depth = keys.length; depth >= 0; depth--) {
      const node = depth === 0 ? document.contents : document.getIn(keys.slice(0, depth), true);
      if (isNode(node) && node.range) return at(node.range[0]);
    }
    return path;
  }

  return {
    value: toValue(),
    place,
    placeOfKey(keys) {
      const parent = keys.length === 1 ? document.contents : document.getIn(keys.slice(0, -1));
      const pair = isMap(parent)
        ? parent.items.find(({ key }) => isScalar(key) && `${key.value}` === `${keys.at(-1)}`)
        : undefined;
      return isScalar(pair?.key) && pair.key.range ? at(pair.key.range[0]) : place(keys);
    },
    writtenNumber(keys) {
      const node = document.getIn(keys, true);
      return isScalar(node) && typeof node.value === 'number' ? (node.source ?? null) : null;
    },
  };
}

/**
 * Reads and parses YAML or JSON.
 *
 * @param source the flag, variable or place that names the file, for messages about the file itself.
 * @throws ConfigError
 */
export function readYamlFile(path: string, source: string, readFile: ReadFile): YamlFile {
  return parseYaml(readTextFile(path, source, readFile), path);
}
