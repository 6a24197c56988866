// Runs a bundled worker in workerd until it is told to stop. Plain JavaScript for a plain Node 22.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const { MINIFLARE = '', WORKER = '', ISSUER, RESOURCE } = process.env;
const { Miniflare } = await import(pathToFileURL(MINIFLARE).href);

const worker = new Miniflare({
  modules: true,
  script: readFileSync(WORKER, 'utf8'),
  compatibilityDate: '2026-07-01',
  bindings: { ISSUER, RESOURCE },
  host: '127.0.0.1',
  port: Number(new URL(RESOURCE).port),
});
await worker.ready;
console.log('ready');
process.once('SIGTERM', () => worker.dispose().then(() => process.exit(0)));
