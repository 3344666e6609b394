import { type CheckReport } from '../check.js';

/** The report for programs: one object, findings with rule, severity, place, message, why and remedy. */
export function renderJson({ findings, resources, patches }: CheckReport): string {
  const rendered = findings.map(
    ({ rule, severity, file, line, resource, message, remedy, edits }) => ({
      rule: rule.id,
      severity,
      file,
      line,
      resource,
      message,
      why: rule.why,
      remedy,
      fixable: edits.length > 0,
    }),
  );
  return `${JSON.stringify({ resources, patches, findings: rendered }, null, 2)}\n`;
}
