import { type Rule } from './rule.js';
import { rules } from './rules/index.js';

/**
 * The reference of all rules in Markdown; docs/check-rules.md is this text.
 * @param remedyOf the remedy that the check prints for the rule's failing fixture
 */
export function renderRuleDocs(remedyOf: (rule: Rule) => string): string {
  return [
    '# What `nestjs-drain check` looks for',
    '',
    '<!-- Generated from the rules and their fixtures: npm run docs:rules -w nestjs-drain-cli -->',
    '',
    'Severities: an **error** loses streams or requests, a **warning** loses them on a bad day, a **note** is worth a look. The check fails from `--severity` on (default: warning).',
    '',
    ...settings,
    '',
    ...rules.map(({ id, title, severity }) => `- [${id}](#${id}): ${title} (${severity})`),
    '',
    ...rules.flatMap((rule) => section(rule, remedyOf(rule))),
  ].join('\n');
}

/** What a manifest can say to this check. */
const settings = [
  'What the manifests do not show is unknown, and what is unknown is neither a finding nor in order: it is a note ([settings-unknown](#settings-unknown)) that names what could not be judged. A workload says it by annotations, of the resource or of its pod template:',
  '',
  '- `nestjs-drain/timeout`: the `timeout` of the drain, in seconds or as `5m`; `$(NAME)` takes the value of a variable of the container, here and in the next three',
  '- `nestjs-drain/propagation-delay`: its `propagationDelay`',
  '- `nestjs-drain/flush-timeout`: its `flushTimeout` (2 s when it is not declared)',
  '- `nestjs-drain/termination-grace-period`: the grace that the service counts on',
  '- `nestjs-drain/signals`: `true`: the service lets its streams end after SIGTERM; `false`: it does not',
  '- `nestjs-drain/longest-stream`: for a service of another stack: how long its longest stream lasts',
  '- `nestjs-drain/role`: `service` or `worker`, where the manifests do not show whether it answers clients',
  '- `nestjs-drain/ignore`: `rule-a, rule-b` (or `*`) are switched off for this resource',
  '',
  'For all services at once: `--timeout`, `--propagation-delay`, `--flush-timeout`, or `--url http://127.0.0.1:8001`, which asks the running service.',
];

function section({ id, severity, title, why, fix }: Rule, remedy: string): string[] {
  return [
    `## ${id}`,
    '',
    `**${title}** (${severity})`,
    '',
    why,
    '',
    'The remedy that the check prints for its test manifest:',
    '',
    '```yaml',
    remedy,
    '```',
    '',
    ...(fix ? [`\`--fix\`: ${fix}`, ''] : []),
  ];
}
