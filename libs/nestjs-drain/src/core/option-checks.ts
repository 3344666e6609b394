import { durationProblems, format, type Seconds } from './duration.js';

/** Says what is wrong with one option, with the remedy. Empty if nothing is. */
export interface OptionCheck {
  (name: string, value: unknown): readonly string[];
  /** Whether it is also asked for an option that is left out. */
  readonly isRequired?: boolean;
}

/** Every option that an object may have. An option that is `undefined` counts as left out. */
export type OptionChecks = Readonly<Record<string, OptionCheck>>;

/** Thrown at start when options cannot work. The message says what was wrong and what to set. */
export class InvalidDrainOptionsError extends Error {
  override readonly name = 'InvalidDrainOptionsError';

  constructor(
    readonly problems: readonly string[],
    /** The module, decorator or object that was given the options. */
    owner = 'GracefulShutdownModule',
    options?: ErrorOptions,
  ) {
    super(`${owner} cannot start:\n${problems.map((line) => `  - ${line}`).join('\n')}`, options);
  }
}

/**
 * Refuses options that cannot work: unknown keys, values of the wrong kind, values out of range.
 * @param owner what was given the options, for the message
 * @throws InvalidDrainOptionsError naming every problem and its remedy
 */
export function checkOptions(owner: string, options: unknown, checks: OptionChecks): void {
  const problems = optionProblems(options, checks);
  if (problems.length > 0) throw new InvalidDrainOptionsError(problems, owner);
}

/** The problems that `checkOptions` would throw, for owners that check more than one object. */
export function optionProblems(options: unknown, checks: OptionChecks, within = ''): string[] {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    const name = within === '' ? 'The options are' : `\`${within}\` is`;
    return [`${name} ${format(options)}; set an object with ${Object.keys(checks).join(', ')}.`];
  }
  const prefix = within === '' ? '' : `${within}.`;
  const problems = unknownKeys(options, Object.keys(checks), prefix);
  for (const [key, check] of Object.entries(checks)) {
    const value = (options as Record<string, unknown>)[key];
    if (value !== undefined || check.isRequired) problems.push(...check(prefix + key, value));
  }
  return problems;
}

/** A typing mistake must not silently mean the default. */
function unknownKeys(options: object, known: readonly string[], prefix: string): string[] {
  return Object.keys(options)
    .filter((key) => !known.includes(key))
    .map((key) => `\`${prefix}${key}\` is not an option; known are ${known.join(', ')}.`);
}

const wrong = (name: string, value: unknown, remedy: string): string[] => [
  `\`${name}\` is ${format(value)}; ${remedy}.`,
];

/** A duration in seconds, from `least`. */
export const seconds =
  (least: Seconds = 0): OptionCheck =>
  (name, value) =>
    durationProblems(name, value, least);

export const flag: OptionCheck = (name, value) =>
  typeof value === 'boolean' ? [] : wrong(name, value, 'set true or false');

/** A text with at least one character. An empty one is an environment variable that was not set. */
export const text: OptionCheck = (name, value) =>
  typeof value === 'string' && value.trim() !== ''
    ? []
    : wrong(name, value, 'set a text that is not empty, or leave it out');

/** The path of a route, without a pattern in it. */
export const routePath: OptionCheck = (name, value) =>
  typeof value === 'string' && /^[\w\-.~%/]+$/.test(value)
    ? []
    : wrong(name, value, 'set a path of letters, digits, - and /, without spaces and patterns');

/** A whole number from `least` to `most`. */
export const wholeNumber =
  (least: number, most = Number.MAX_SAFE_INTEGER, what = 'whole number'): OptionCheck =>
  (name, value) => {
    if (Number.isInteger(value) && Number(value) >= least && Number(value) <= most) return [];
    const range = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`;
    return wrong(name, value, `set a ${what} ${range}`);
  };

/** One of a few words. */
export const oneOf =
  (...words: readonly (string | number | boolean)[]): OptionCheck =>
  (name, value) =>
    words.includes(value as string)
      ? []
      : wrong(name, value, `set ${words.map(format).join(' or ')}`);

/** A list whose elements all pass. */
export const list =
  (element: OptionCheck): OptionCheck =>
  (name, value) => {
    if (Array.isArray(value)) {
      return value.flatMap((one: unknown, index) => [...element(`${name}[${index}]`, one)]);
    }
    const isElement = element(name, value).length === 0;
    return wrong(name, value, `set a list${isElement ? `, such as [${format(value)}]` : ''}`);
  };

/** An option that cannot be left out. @param remedy what to set */
export const required = (check: OptionCheck, remedy: string): OptionCheck =>
  Object.assign(
    (name: string, value: unknown) =>
      check(name, value).length === 0 ? [] : wrong(name, value, remedy),
    { isRequired: true },
  );

/** A list of at least one element. @param remedy what to set in place of an empty one. */
export const filled =
  (check: OptionCheck, remedy: string): OptionCheck =>
  (name, value) =>
    Array.isArray(value) && value.length === 0 ? wrong(name, value, remedy) : check(name, value);

/** An object with options of its own. */
export const object =
  (checks: OptionChecks): OptionCheck =>
  (name, value) =>
    optionProblems(value, checks, name);

/** `false`, to leave a thing out, or what passes the other check. */
export const unlessFalse =
  (check: OptionCheck): OptionCheck =>
  (name, value) =>
    value === false ? [] : check(name, value);

/** A function of the application. */
export const callback: OptionCheck = (name, value) =>
  typeof value === 'function' ? [] : wrong(name, value, 'set a function');

/** An object of another library, known by its methods. */
export const withMethods =
  (...methods: readonly string[]): OptionCheck =>
  (name, value) => {
    const given = (typeof value === 'object' ? value : null) as Record<string, unknown> | null;
    const missing = methods.filter((method) => typeof given?.[method] !== 'function');
    return missing.length === 0
      ? []
      : wrong(name, value, `set an object with ${missing.join('() and ')}()`);
  };

/** What passes one of two checks. Both remedies are named, unless the second knows a part of the value that is wrong. */
export const either =
  (first: OptionCheck, second: OptionCheck): OptionCheck =>
  (name, value) => {
    const problems = [first(name, value), second(name, value)];
    if (problems.some(({ length }) => length === 0)) return [];
    const head = `\`${name}\` is ${format(value)}; set `;
    const all = problems.flat();
    if (!all.every((problem) => problem.startsWith(head))) return problems[1]!;
    return [`${head}${all.map((problem) => problem.slice(head.length, -1)).join(', or ')}.`];
  };

/** Another party checks the value. */
export const unchecked: OptionCheck = () => [];
