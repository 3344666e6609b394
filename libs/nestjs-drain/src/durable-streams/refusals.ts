import {
  StoreUnavailableError,
  StreamFailedError,
  StreamReadError,
  StreamRefusedError,
} from 'nestjs-drain-resume';

/** The status for a stream that cannot be read; undefined for any other error. */
export function refusalStatus(error: unknown): number | undefined {
  if (error instanceof StreamRefusedError) return error.status;
  if (error instanceof StoreUnavailableError) return 503;
  if (error instanceof StreamReadError) return error.reason === 'unknown' ? 404 : 410;
  // Its rest will never be there. `Stream-Closed` would call the part a whole.
  return error instanceof StreamFailedError ? 410 : undefined;
}
