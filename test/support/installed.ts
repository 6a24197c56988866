import { thisMachine } from '../../scripts/machine.ts';

/**
 * Whether a program of the machine is there. Where it is not, tests that need it are skipped with
 * the reason in the output, and fail in CI, which has to bring it.
 */
export function isInstalled(program: string, debianPackage: string): boolean {
  if (thisMachine.has(program)) return true;
  const reason = `${program} is not installed (on Debian: apt-get install ${debianPackage})`;
  if (process.env.CI) throw new Error(reason);
  thisMachine.say(`Skipped: ${reason}.`);
  return false;
}
