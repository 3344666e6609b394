import { InvalidDrainOptionsError } from '../core/option-checks.js';

/**
 * Loads a part of the library that needs a package which an application need not have.
 * @param remedy what needs which package, and what to do
 * @throws InvalidDrainOptionsError with the remedy when the package is not installed.
 */
export async function ifInstalled<T>(
  loading: Promise<T>,
  remedy: string,
  owner?: string,
): Promise<T> {
  try {
    return await loading;
  } catch (error) {
    // ERR_MODULE_NOT_FOUND of an import, MODULE_NOT_FOUND of a require().
    const { code } = Object(error) as { code?: unknown };
    if (!String(code).endsWith('MODULE_NOT_FOUND')) throw error;
    throw new InvalidDrainOptionsError([remedy], owner);
  }
}
