import { type CheckReport } from '../check.js';

/** The report for programs: what was read and judged, what not, and every finding whole. */
export function renderJson(report: CheckReport): string {
  const { resources, judged, patches } = report;
  const findings = report.findings.map(
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
  const notJudged = report.notJudged.map(({ resource, reason }) => ({
    file: resource.root.file,
    resource: resource.toString(),
    reason,
  }));
  const unread = report.unread.map(({ file, sentence }) => ({ file, sentence }));
  const whole = { resources, judged, patches, notJudged, unread, findings };
  return `${JSON.stringify(whole, null, 2)}\n`;
}
