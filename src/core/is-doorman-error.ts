import type { ErrorCode } from './error-table.ts';
import { type DoormanError, errorBrand } from './errors.ts';

/**
 * Whether something caught is an error of this package, whichever copy of it threw.
 *
 * @param codes narrows to these codes; any code unless given.
 */
export function isDoormanError<Code extends ErrorCode = ErrorCode>(
  error: unknown,
  ...codes: readonly Code[]
): error is DoormanError & { readonly code: Code } {
  if (!(error instanceof Error) || !(errorBrand in error)) return false;
  const { code } = error as DoormanError;
  return codes.length === 0 || codes.some((one) => one === code);
}
