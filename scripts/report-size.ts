import { bundle, entries, type Subpath } from './bundles.ts';

const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1).padStart(6)} kB`;

for (const subpath of Object.keys(entries) as Subpath[]) {
  const { bytes, budgetBytes, packages } = await bundle(subpath);
  const name = `mcp-doorman${subpath.slice(1)}`.padEnd(18);
  const others = packages.length > 0 ? `, with ${packages.join(', ')}` : '';
  console.log(`${name}${kilobytes(bytes)} of ${kilobytes(budgetBytes)}, gzipped${others}`);
  if (bytes > budgetBytes) process.exitCode = 1;
}
