/** Names that other services give to the same settings, by our name: these are ColdBrew's. */
const aliases: Readonly<Record<string, string>> = {
  GRACEFUL_SHUTDOWN_TIMEOUT: 'SHUTDOWN_DURATION_IN_SECONDS',
  GRACEFUL_SHUTDOWN_PROPAGATION_DELAY: 'GRPC_GRACEFUL_DURATION_IN_SECONDS',
};

type Variables = Readonly<Record<string, string | undefined>>;

/** The variables under our names, and how to tell of them under the names that the operator has used. */
export function withoutAliases(given: Variables) {
  const used = Object.entries(aliases).filter(([, alias]) => given[alias] !== undefined);
  const values = { ...given };
  const conflicts: string[] = [];
  const renamed: [string, string][] = [];
  for (const [name, alias] of used) {
    const own = given[name];
    if (own === undefined) renamed.push([name, alias]);
    else if (own !== given[alias]) {
      const both = `${name} (${own}) and ${alias} (${given[alias]})`;
      conflicts.push(`${both} are the same setting: set only one of them`);
    }
    values[name] = own ?? given[alias];
  }
  const asGiven = (message: string) =>
    renamed.reduce((text, [name, alias]) => text.replaceAll(name, alias), message);
  return { values, conflicts, asGiven };
}
