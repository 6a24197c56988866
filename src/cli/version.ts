import { readFileSync } from 'node:fs';

/** The package's own version, found above the sources and above their build alike. */
export function version(): string {
  for (const path of ['../../package.json', '../../../package.json']) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
      if (name === 'mcp-doorman') return version;
    } catch {
      // Not there: the other place is.
    }
  }
  throw new Error('package.json of mcp-doorman is missing');
}
