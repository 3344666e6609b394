import { type Rule } from './rule.js';
import { rules } from './rules/index.js';

/** The reference of all rules in Markdown; docs/check-rules.md is this text. */
export function renderRuleDocs(): string {
  return [
    '# What `nestjs-drain check` looks for',
    '',
    '<!-- Generated from the rules: npm run docs:rules -w nestjs-drain-cli -->',
    '',
    'Severities: an **error** loses streams or requests, a **warning** loses them on a bad day, a **note** is worth a look. The check fails from `--severity` on (default: warning).',
    '',
    'A resource switches rules off by its annotation `nestjs-drain/ignore: rule-a, rule-b` (or `*`).',
    '',
    ...rules.map(({ id, title, severity }) => `- [${id}](#${id}): ${title} (${severity})`),
    '',
    ...rules.flatMap(section),
  ].join('\n');
}

function section({ id, severity, title, why, remedy, fix }: Rule): string[] {
  return [
    `## ${id}`,
    '',
    `**${title}** (${severity})`,
    '',
    why,
    '',
    '```yaml',
    remedy,
    '```',
    '',
    ...(fix ? [`\`--fix\`: ${fix}`, ''] : []),
  ];
}
