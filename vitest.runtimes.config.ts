import { defineConfig } from 'vitest/config';

// In runtimes that are fetched for it: `npm run test:runtimes`.
export default defineConfig({
  test: {
    include: ['test/runtimes/*.test.ts'],
    setupFiles: ['test/support/setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
