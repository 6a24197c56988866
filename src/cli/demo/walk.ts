import { createBrowser } from './browser.ts';
import { createDemoClient } from './client.ts';
import { takeSteps } from './steps.ts';
import { recordExchanges } from './trace.ts';
import { callSteps } from './walk-calls.ts';
import type { Walk, WalkEnvironment } from './walk-environment.ts';
import { loginSteps } from './walk-login.ts';
import { revocationSteps } from './walk-revocation.ts';
import { stepUpSteps } from './walk-step-up.ts';

/**
 * Takes the whole walk with a real MCP client and a browser without a window, and prints it: refused,
 * discovery, registration, login, calls, step-up, forgeries; theft where tokens are bound to a key, and
 * revocation where they are opaque.
 *
 * @returns whether everything was as it should be.
 */
export async function runWalk(environment: WalkEnvironment): Promise<boolean> {
  const trace = recordExchanges(environment.fetch);
  const client = createDemoClient(environment.gatewayUrl, trace.fetch, environment.dpop);
  const walk: Walk = { ...environment, trace, client, browser: createBrowser(trace.fetch) };
  const steps = [
    ...loginSteps(walk),
    ...callSteps(walk),
    ...stepUpSteps(walk),
    ...revocationSteps(walk),
  ];
  try {
    return await takeSteps(steps, environment.printer);
  } finally {
    await client.close();
  }
}
