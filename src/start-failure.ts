import { ConfigurationError } from './configuration/configuration-error.js';
import { StoreUnreachableError } from './store/store-unreachable-error.js';

const remedies: Readonly<Record<string, string>> = {
  EADDRINUSE: 'The port is in use: set PORT to a free one, or stop what listens there',
  EACCES: 'The port may not be opened by this user: set PORT to one above 1023',
  EADDRNOTAVAIL: 'The address does not belong to this machine: set HOST, for example to 0.0.0.0',
  ENOTFOUND: 'The address is not known: set HOST, for example to 0.0.0.0',
};

/** Why the service did not start: one line with the remedy, or all there is of an unexpected error. */
export function startFailure(error: unknown): string {
  if (!(error instanceof Error)) return `Cannot start: ${String(error)}`;
  const code = (error as NodeJS.ErrnoException).code;
  const remedy = code === undefined ? undefined : remedies[code];
  if (remedy !== undefined) return `Cannot start: ${remedy} (${error.message}).`;
  if (error instanceof ConfigurationError || error instanceof StoreUnreachableError) {
    return `Cannot start: ${error.message}`;
  }
  return `Cannot start: ${error.stack}`;
}
