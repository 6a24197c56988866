import { afterEach } from 'vitest';
import { guardNetwork } from './network-guard.ts';

const guard = guardNetwork(globalThis.fetch);
globalThis.fetch = guard.fetch;
afterEach(guard.assertUntouched);
