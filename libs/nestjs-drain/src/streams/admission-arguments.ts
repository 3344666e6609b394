import { rawOf } from '../compat/fastify.js';

/** What one of the arguments has to be, known by the names of its methods and objects. */
interface Expected {
  readonly name: string;
  readonly methods: readonly string[];
  readonly objects: readonly string[];
}

const request: Expected = { name: 'request', methods: [], objects: ['headers'] };
const response: Expected = { name: 'response', methods: ['setHeader', 'writeHead'], objects: [] };
const socket: Expected = { name: 'socket', methods: ['write', 'end', 'destroy'], objects: [] };

/** @throws TypeError with the remedy where application code gives something else, or the two in the wrong order */
export function checkExchange(given: readonly [unknown, unknown]): void {
  check('open(request, response, options)', [request, response], given);
}

/** As `checkExchange`, for the listener of an `upgrade`. */
export function checkUpgrade(given: readonly [unknown, unknown]): void {
  check('openUpgrade(request, socket, options)', [request, socket], given);
}

function check(
  call: string,
  expected: readonly [Expected, Expected],
  given: readonly [unknown, unknown],
): void {
  for (const [index, one] of expected.entries()) {
    if (is(one, given[index])) continue;
    throw new TypeError(
      `StreamAdmission got ${nameOf(given[index])} as its \`${one.name}\`; call ${call} with those of Node, Express or ` +
        'Fastify, in this order.',
    );
  }
}

function is({ methods, objects }: Expected, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const raw = rawOf(value) as Record<string, unknown>;
  return (
    methods.every((name) => typeof raw[name] === 'function') &&
    objects.every((name) => typeof raw[name] === 'object')
  );
}

function nameOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const { constructor } = value as { constructor?: { name: string } };
  return constructor?.name ?? 'an object';
}
