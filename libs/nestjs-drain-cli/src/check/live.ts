import { type Declared } from './model/settings.js';
import { UnusableInputError } from './input/unusable-input.js';

/** Fields of `GET /shutdown/status`, in seconds, and the settings they say. */
const fields = {
  timeout_seconds: 'timeout',
  propagation_delay_seconds: 'propagationDelay',
  flush_timeout_seconds: 'flushTimeout',
  termination_grace_period_seconds: 'terminationGracePeriod',
} as const;

const patience = 5_000;

/**
 * Asks a running service for its settings.
 * @param url its address, or that of its `/shutdown/status`
 * @throws UnusableInputError when it does not answer with them.
 */
export async function askSettings(url: string): Promise<Declared> {
  const address = statusAddress(url);
  const status = await get(address);
  const found = Object.entries(fields).flatMap(([field, setting]) => {
    const value = status[field];
    return typeof value === 'number' ? [[setting, value] as const] : [];
  });
  if (found.length > 0) return Object.fromEntries(found);
  throw new UnusableInputError(
    `${address}: the answer names no times (timeout_seconds …). Declare them by --timeout and --propagation-delay.`,
  );
}

function statusAddress(url: string): string {
  if (!URL.canParse(url)) {
    throw new UnusableInputError(`${url}: not an address. Pass one like http://127.0.0.1:8001.`);
  }
  const { pathname } = new URL(url);
  return pathname === '/' ? new URL('/shutdown/status', url).href : url;
}

async function get(address: string): Promise<Record<string, unknown>> {
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(patience) });
    if (!response.ok) throw new Error(`it answers ${response.status}`);
    return (await response.json()) as Record<string, unknown>;
  } catch (error) {
    const { message, cause } = error as Error & { cause?: Error };
    throw new UnusableInputError(
      `${address}: ${cause?.message ?? message}. Is the service running, and may this machine ask it?`,
    );
  }
}
