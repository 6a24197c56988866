import { isDeepStrictEqual } from 'node:util';
import type { Printer } from './print.ts';
import type { Exchange } from './trace.ts';

/** What a step uses to show and to judge what happened. */
export interface Checks {
  show(...exchanges: readonly Exchange[]): void;
  remark(text: string): void;
  /** Holds what came against what was expected, in depth. */
  equal(text: string, got: unknown, expected: unknown): void;
}

export interface Step {
  /** One line, in plain language. */
  readonly title: string;
  run(checks: Checks): Promise<void> | void;
}

/**
 * Takes the steps one after the other and prints each. Ends after the first step in which something
 * was not as expected, since the later ones build on it.
 *
 * @returns whether every check of every step held.
 */
export async function takeSteps(steps: readonly Step[], printer: Printer): Promise<boolean> {
  for (const [index, step] of steps.entries()) {
    printer.step(index + 1, step.title);
    let held = true;
    const fail = (text: string, ...lines: readonly string[]): void => {
      held = false;
      printer.failed(text, lines);
    };
    try {
      await step.run({
        show: (...exchanges) => exchanges.forEach(printer.exchange),
        remark: printer.remark,
        equal(text, got, expected) {
          if (isDeepStrictEqual(got, expected)) printer.passed(text);
          else
            fail(text, `expected ${JSON.stringify(expected)}`, `got      ${JSON.stringify(got)}`);
        },
      });
    } catch (error) {
      fail('the step broke off', error instanceof Error ? error.message : String(error));
    }
    if (!held) return false;
  }
  return true;
}
