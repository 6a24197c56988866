import { defineConfig } from 'vitest/config';

// Against a real Keycloak, which is started once for all files: `npm run test:keycloak`.
export default defineConfig({
  test: {
    include: ['test/keycloak/**/*.test.ts'],
    globalSetup: ['test/keycloak/support/global-setup.ts'],
    setupFiles: ['test/support/setup.ts'],
    // Two files spend half a minute waiting: not one after the other, even on two cores.
    maxWorkers: 2,
    // On a machine that does other things too 200 requests a second take longer to send.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    restoreMocks: true,
    unstubEnvs: true,
    unstubGlobals: true,
  },
});
