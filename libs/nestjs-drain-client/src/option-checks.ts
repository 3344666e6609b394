/** Says what to set in place of a value that cannot work; undefined for one that can. */
export type OptionCheck = (value: unknown) => string | undefined;

/** Every option that an object may have. An option that is `undefined` counts as left out. */
export type OptionChecks<Options> = Readonly<Record<keyof Options, OptionCheck>>;

/** A typing mistake must not silently mean the default. @throws RangeError naming every problem and its remedy */
export function checkOptions<Options extends object>(
  options: Options,
  checks: OptionChecks<Options>,
): void {
  const known = Object.keys(checks).join(', ');
  if (typeof (options as unknown) !== 'object' || (options as unknown) === null) {
    throw new RangeError(`The options are ${format(options)}; set an object with ${known}.`);
  }
  const problems = Object.entries(options as Record<string, unknown>).flatMap(([name, value]) => {
    const check = Object.hasOwn(checks, name) ? checks[name as keyof Options] : undefined;
    if (!check) return [`\`${name}\` is not an option; known are ${known}.`];
    const remedy = value === undefined ? undefined : check(value);
    return remedy === undefined ? [] : [`\`${name}\` is ${format(value)}; ${remedy}.`];
  });
  if (problems.length > 0) throw new RangeError(problems.join('\n'));
}

/** A value as an error message shows it. */
export function format(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'function') return 'a function';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

/** Another party checks the value. */
export const unchecked: OptionCheck = () => undefined;

/** A function of the application. */
export const callback: OptionCheck = (value) =>
  typeof value === 'function' ? undefined : 'set a function';

/** One of a few words. */
export const oneOf =
  (...words: readonly string[]): OptionCheck =>
  (value) =>
    words.includes(value as string) ? undefined : `set ${words.map(format).join(' or ')}`;

/** A number of seconds. A whole number of thousands is refused: it is rather one of milliseconds. */
export const seconds =
  (isAllowed: (value: number) => boolean, remedy: string): OptionCheck =>
  (value) => {
    if (typeof value !== 'number' || !isAllowed(value)) return remedy;
    const isMilliseconds = value >= 1000 && value % 1000 === 0;
    return isMilliseconds ? `times are in seconds: set ${value / 1000} for ${value} ms` : undefined;
  };
