import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bundle, entries, type Subpath } from '../../scripts/bundles.ts';

const subpaths = Object.keys(entries) as Subpath[];
const manifest = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as { readonly exports: Readonly<Record<string, { readonly types: string } | string>> };

describe('the entry points', () => {
  it('are those of package.json, types first', () => {
    const { './package.json': _own, ...exported } = manifest.exports;
    expect(Object.keys(exported)).toEqual(subpaths);
    for (const [subpath, conditions] of Object.entries(exported)) {
      expect(Object.keys(conditions), subpath).toEqual(['types', 'default']);
      const { source } = entries[subpath as Subpath];
      expect(conditions).toMatchObject({ types: `./dist/${source.replace(/ts$/, 'd.ts')}` });
    }
  });

  it.each(subpaths)('%s stays within its budget', async (subpath) => {
    const { bytes, budgetBytes } = await bundle(subpath);
    expect(bytes).toBeLessThanOrEqual(budgetBytes);
  });

  it('. needs nothing of Node, of the gateway and of the MCP SDKs', async () => {
    const { packages, externals } = await bundle('.');
    expect(externals).toEqual([]);
    expect(packages).toEqual([
      ...['@noble/hashes', 'jose', 'lru-cache', 'oauth4webapi', 'openid-client', 'zod'],
    ]);
  });

  it.each(['./fetch', './hono'] as const)('%s brings no package along', async (subpath) => {
    expect(await bundle(subpath)).toMatchObject({ packages: [], externals: [] });
  });

  it('./node brings no package along, and Node alone', async () => {
    const { packages, externals } = await bundle('./node');
    expect(packages).toEqual([]);
    expect(externals).toEqual(['node:buffer', 'node:stream/web']);
  });
});
