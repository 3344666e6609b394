import { type CheckReport } from './check.js';
import { type Rule } from './rule.js';
import { rules } from './rules/index.js';
import { closest } from './model/closest.js';
import { UnusableInputError } from './input/unusable-input.js';
import { helpAddress } from './version.js';

/** @throws UnusableInputError when there is no such rule. */
export function ruleOf(id: string): Rule {
  const found = rules.find((each) => each.id === id);
  if (found) return found;
  const near = closest(
    id,
    rules.map((each) => each.id),
  );
  throw new UnusableInputError(
    `${id}: no such rule${near ? `; did you mean ${near}?` : '.'} nestjs-drain check --rules lists them.`,
  );
}

/** What a rule is about, and its findings with their remedies when manifests were read. */
export function explain(rule: Rule, report: CheckReport | undefined): string {
  const findings = report?.findings.filter((each) => each.rule === rule) ?? [];
  return [
    `${rule.id} (${rule.severity}): ${rule.title}`,
    '',
    rule.why,
    ...(rule.fix ? ['', `--fix: ${rule.fix}`] : []),
    '',
    ...findings.flatMap(({ file, line, resource, message, remedy }) => [
      `${file}:${line}  ${resource}  ${message}`,
      ...remedy.split('\n').map((each) => `    ${each}`),
      '',
    ]),
    ...(report ? [] : ['With manifests it shows the remedy in their names and ports.']),
    ...(report && findings.length === 0 ? ['Nothing found here.'] : []),
    helpAddress(rule.id),
    '',
  ].join('\n');
}

/** One line for each rule. */
export function listRules(): string {
  const width = Math.max(...rules.map(({ id }) => id.length));
  return rules
    .map(({ id, severity, title }) => `${id.padEnd(width)}  ${severity.padEnd(7)}  ${title}\n`)
    .join('');
}
