import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const covered = ['core', 'http', 'token', 'policy', 'mcp'].map((name) => `src/${name}/**`);
const atLeast = { lines: 95, branches: 90 };

/** Examples import the package as their readers do; here that is the source. */
const source = (path: string): string => fileURLToPath(new URL(`src/${path}.ts`, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: /^mcp-doorman$/, replacement: source('index') },
      { find: /^mcp-doorman\/(\w+)$/, replacement: source('adapters/$1') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    // They need a running Keycloak (npm run test:keycloak) or other runtimes (npm run test:runtimes).
    exclude: ['test/keycloak/*.test.ts', 'test/runtimes/*.test.ts'],
    setupFiles: ['test/support/setup.ts'],
    // Of two cores only one would be used: one is left to the main process, which is idle meanwhile.
    maxWorkers: '100%',
    // For end-to-end tests, which start servers, on a small machine that does other things too.
    testTimeout: 20_000,
    hookTimeout: 30_000,
    restoreMocks: true,
    unstubEnvs: true,
    unstubGlobals: true,
    coverage: {
      include: covered,
      reporter: ['text'],
      thresholds: Object.fromEntries(covered.map((folder) => [folder, atLeast])),
    },
  },
});
