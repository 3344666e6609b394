import { group } from 'd3-array';
import colors from 'picocolors';
import { type CheckReport } from '../check.js';
import { type Finding } from '../finding.js';
import { type Severity, severities } from '../rule.js';

const paint: Record<Severity, (text: string) => string> = {
  error: colors.red,
  warning: colors.yellow,
  note: colors.cyan,
};

/** How much the report for people says about each finding. */
export interface TextOptions {
  /** With the reason and the remedy? */
  readonly long?: boolean;
  /** Has `--fix` done already what it can? */
  readonly fix?: boolean;
}

/** The report for people: a line for each finding, by resource, and what was judged and what not. */
export function renderText(report: CheckReport, options: TextOptions = {}): string {
  const groups = group(report.findings, ({ file, resource }) => `${file}  ${resource}`);
  return [
    ...(report.mended?.length ? [renderMended(report)] : []),
    ...[...groups].flatMap(([title, findings]) => [
      colors.bold(title),
      ...findings.flatMap((each) => lines(each, options)),
      '',
    ]),
    ...notJudged(report),
    ...report.unread.map(({ sentence }) => colors.red(sentence)),
    summary(report),
    ...hints(report, options),
    '',
  ].join('\n');
}

/** A line for each finding that `--fix` mended: the owner of the files sees what became of them. */
export function renderMended({ mended = [] }: CheckReport): string {
  return mended
    .map(({ file, line, rule, message }) => `${file}:${line}: mended ${rule.id}  ${message}\n`)
    .join('');
}

/** Where `--fix` has been, what it can mend is mended. */
const isMendable = ({ edits }: Finding, { fix }: TextOptions): boolean => !fix && edits.length > 0;

function lines(finding: Finding, options: TextOptions): string[] {
  const { rule, severity, line, message } = finding;
  const mark = isMendable(finding, options) ? colors.dim(' (--fix)') : '';
  const head = `  ${String(line).padStart(4)}  ${paint[severity](severity.padEnd(7))}  ${rule.id}  ${message}${mark}`;
  if (!options.long) return [head];
  return [
    head,
    `        ${colors.dim(rule.why)}`,
    ...finding.remedy.split('\n').map((each) => `          ${colors.green(each)}`),
  ];
}

/** What was left out, by reason. */
function notJudged(report: CheckReport): string[] {
  const groups = group(report.notJudged, ({ reason }) => reason);
  return [...groups].map(([reason, left]) => {
    const names = left.map(({ resource }) => resource.toString());
    const more = names.length > 4 ? ` and ${names.length - 4} more` : '';
    return `Not judged: ${names.slice(0, 4).join(', ')}${more} (${reason}).`;
  });
}

function summary(report: CheckReport): string {
  const { findings, resources, judged } = report;
  const read = `${count(resources, 'resource')} read, ${count(judged, 'workload')} judged`;
  if (findings.length > 0) return `${read}: ${counts(findings)}.`;
  if (judged === 0)
    return colors.yellow(`${read}: nothing can be said. Pass the workloads that serve.`);
  if (report.unread.length > 0) {
    return colors.yellow(`${read}: nothing found in what could be read.`);
  }
  return colors.green(`${read}: nothing that would lose a stream.`);
}

const counts = (findings: readonly Finding[]): string =>
  [...severities]
    .reverse()
    .flatMap((severity) => {
      const found = findings.filter((each) => each.severity === severity).length;
      return found > 0 ? [count(found, severity)] : [];
    })
    .join(', ');

const count = (number: number, noun: string): string =>
  `${number} ${noun}${number === 1 ? '' : 's'}`;

function hints({ findings, patches }: CheckReport, options: TextOptions): string[] {
  const mendable = findings.filter((each) => isMendable(each, options)).length;
  return [
    ...(findings.length > 0 && !options.long
      ? ['Reasons and remedies: --long, or --explain RULE for one of them.']
      : []),
    ...(mendable > 0 ? [`${mendable} can be mended with --fix, each marked (--fix).`] : []),
    ...(patches > 0
      ? [
          `${count(patches, 'patch')} left out; check them applied: kubectl kustomize … | nestjs-drain check -`.replace(
            'patchs',
            'patches',
          ),
        ]
      : []),
  ];
}
