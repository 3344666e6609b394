import { reasonOf } from './errors.js';
import { format } from './option-checks.js';

/** `localhost:3000/words`, which is parsed as an address of the protocol `localhost:`. */
const hostAndPort = /^[\w.-]+:\d+(\/|$)/;

/**
 * A request that no `fetch` can send fails like a lost connection, so it would be tried again and again. The platform
 * itself is asked: in a page a relative address is right.
 * @throws TypeError with the remedy
 */
export function checkRequest(input: string | URL, init: RequestInit): void {
  if (typeof (globalThis.fetch as unknown) !== 'function') {
    throw new TypeError(
      'There is no `fetch` here; set the option `fetch`, or use Node 20 or newer.',
    );
  }
  if (typeof input === 'string' && hostAndPort.test(input)) {
    throw new TypeError(`The address ${format(input)} has no protocol; put http:// before it.`);
  }
  try {
    // Without the body, which may be a stream that can be read once.
    new Request(input, { ...init, body: null, signal: null });
  } catch (error) {
    throw isAddress(input) ? cannotBeSent(error) : noAddress(input, error);
  }
  if (init.body && /^(GET|HEAD)$/i.test(init.method ?? 'GET')) {
    throw new TypeError("The request has a body and is a GET; set `method: 'POST'`.");
  }
}

/** Whether it is one everywhere. */
function isAddress(input: unknown): boolean {
  try {
    return Boolean(new URL(String(input)));
  } catch {
    return false;
  }
}

function noAddress(input: unknown, cause: unknown): TypeError {
  const text =
    `The address is ${format(input)}, and a relative one is right in a browser only; ` +
    'set a whole one, such as "http://localhost:3000/words".';
  return new TypeError(text, { cause });
}

function cannotBeSent(cause: unknown): TypeError {
  return new TypeError(`The request cannot be sent: ${reasonOf(cause)}.`, { cause });
}
