/** The environment asks for something impossible. The message is one line and carries the remedy. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';

  constructor(problems: readonly string[]) {
    super(`${problems.join('; ')}.`);
  }
}
