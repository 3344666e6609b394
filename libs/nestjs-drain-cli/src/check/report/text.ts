import colors from 'picocolors';
import { type CheckReport } from '../check.js';
import { type Finding } from '../finding.js';
import { type Severity, severities } from '../rule.js';

const paint: Record<Severity, (text: string) => string> = {
  error: colors.red,
  warning: colors.yellow,
  note: colors.cyan,
};

/** The report for people: each finding with its place, its reason and its remedy, and a last line. */
export function renderText(report: CheckReport): string {
  return [...report.findings.map(renderFinding), summary(report), ...hints(report), ''].join('\n');
}

function renderFinding({ rule, severity, file, line, resource, message, remedy }: Finding): string {
  return [
    `${colors.bold(`${file}:${line}`)}  ${paint[severity](severity)}  ${rule.id}  ${colors.dim(resource)}`,
    `  ${message}`,
    `  ${colors.dim(rule.why)}`,
    ...remedy.split('\n').map((each) => `    ${colors.green(each)}`),
    '',
  ].join('\n');
}

function summary({ findings, resources }: CheckReport): string {
  const read = `${resources} resource${resources === 1 ? '' : 's'} read`;
  if (findings.length === 0) return colors.green(`${read}: nothing that would lose a stream.`);
  const counts = [...severities].reverse().flatMap((severity) => {
    const count = findings.filter((each) => each.severity === severity).length;
    return count > 0 ? [`${count} ${severity}${count === 1 ? '' : 's'}`] : [];
  });
  return `${read}: ${counts.join(', ')}.`;
}

function hints({ findings, patches }: CheckReport): string[] {
  const fixable = findings.filter(({ edits }) => edits.length > 0).length;
  return [
    ...(fixable > 0 ? [`${fixable} can be mended with --fix.`] : []),
    ...(patches > 0
      ? [
          `${patches} patch(es) left out; check them applied: kubectl kustomize … | nestjs-drain check -`,
        ]
      : []),
  ];
}
