import { DoormanError } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import type { Claims } from '../core/types.ts';
import { createCircuit } from './circuit.ts';
import type { Outcome } from './exchange.ts';
import { createLimiter } from './limiter.ts';

const maxConcurrent = 50;

/** What an issuer says about a token: its claims, not judged yet, or that it is not active. */
export type Answer = Claims | 'inactive';

/** One call to an issuer about one token. Never rejects. */
export type AskIssuer = (token: string) => Promise<Outcome<Answer>>;

/** Asks an issuer about tokens, as often as it can bear. */
export interface Inquiry {
  /** @throws DoormanError `issuer_unavailable` where the issuer gave no usable answer. */
  ask(token: string): Promise<Answer>;
  /** Whether the last answer was usable; asks about no real token where there was none. */
  ready(): Promise<boolean>;
}

/** No issuer hands this out; a healthy one says that it is not active. */
const probe = 'mcp-doorman-readiness-probe';

/**
 * Guards the calls to one issuer: 50 at a time, none while it is failing. Answers are not cached
 * here.
 */
export function createInquiry(issuer: string, askIssuer: AskIssuer, ports: Ports): Inquiry {
  const limit = createLimiter(maxConcurrent);
  const { clock, log } = ports;
  const circuit = createCircuit({ issuer, clock, log, probe: () => call(probe) });
  let answering = false;

  async function call(token: string): Promise<Outcome<Answer>> {
    const outcome = await askIssuer(token);
    answering = outcome.ok;
    return outcome;
  }

  const guarded = (token: string) => limit(() => circuit(() => call(token)));

  return {
    async ask(token) {
      const outcome = await guarded(token);
      if (outcome.ok) return outcome.value;
      throw new DoormanError('issuer_unavailable', {
        detail: { issuer, got: outcome.got },
        retryAfterSeconds: Math.max(1, Math.ceil(outcome.retryAfterMs / 1_000)),
      });
    },

    async ready() {
      return answering || (await guarded(probe)).ok;
    },
  };
}
