import type { createParamDecorator } from '@nestjs/common';

type ParameterFactory = ReturnType<typeof createParamDecorator>;

/**
 * For decorators that are called with options or nothing. One that is written without parentheses is called with what it
 * should decorate, and what it returns is taken for a class or a property: TypeScript refuses that, other compilers do not.
 * @throws TypeError with the remedy
 */
export function requireParentheses(decorator: string, given: readonly unknown[]): void {
  const [target, key, place] = given;
  const isOfClass = given.length === 1 && typeof target === 'function';
  const isOfMember = typeof key === 'string' || typeof key === 'symbol';
  if (!isOfClass && !isOfMember && typeof place !== 'number') return;
  throw new TypeError(`@${decorator} needs its parentheses: write @${decorator}().`);
}

/** The same for the decorator of a parameter. */
export const withParentheses =
  (name: string, decorator: ParameterFactory): ParameterFactory =>
  (...given) => {
    requireParentheses(name, given);
    return decorator(...given);
  };
