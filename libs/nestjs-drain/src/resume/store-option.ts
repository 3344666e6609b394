import { format } from '../core/duration.js';
import type { OptionCheck } from '../core/option-checks.js';

const stores =
  'a RedisResumeStore of nestjs-drain-resume/redis, a PostgresResumeStore of nestjs-drain-resume/postgres, or a ' +
  'MemoryResumeStore';

export const missingStore = `\`store\` is missing; set ${stores}.`;

export const misplacedStore = 'The options are a store; set an object with it, such as { store }.';

/** What is at hand in place of a store, known by its methods, and how a store is made of it. */
const parts: readonly (readonly [methods: readonly string[], remedy: string])[] = [
  [
    ['send', 'subscribe'],
    'a connection; set the store on it, new RedisResumeStore({ connection: fromNodeRedis(client) })',
  ],
  [
    ['sendCommand', 'duplicate'],
    'a client of Redis; set the store on it, new RedisResumeStore({ connection: fromNodeRedis(client) })',
  ],
  [
    ['query', 'connect'],
    'a pool of PostgreSQL; set the store on it, new PostgresResumeStore({ pool })',
  ],
  [['then'], 'a promise; set what it resolves to, with forRootAsync()'],
];

/** A store has more methods; those of one's own may be behind a Proxy or a class. */
export const isStore = (value: unknown): boolean => has(value, ['append', 'read']);

export const resumeStore: OptionCheck = (name, value) => {
  if (isStore(value)) return [];
  const known = parts.find(([methods]) => has(value, methods));
  return [`\`${name}\` is ${known ? known[1] : `${described(value)}; set ${stores}`}.`];
};

/** Not a text: the address of a server has its password. */
function described(value: unknown): string {
  return typeof value === 'string' ? 'a text' : format(value);
}

function has(value: unknown, methods: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return methods.every(
    (method) => typeof (value as Record<string, unknown>)[method] === 'function',
  );
}
