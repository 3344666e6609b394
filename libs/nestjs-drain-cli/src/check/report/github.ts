import { type CheckReport } from '../check.js';
import { type Finding } from '../finding.js';
import { type Severity } from '../rule.js';

const levels: Record<Severity, string> = { error: 'error', warning: 'warning', note: 'notice' };

/** The report as workflow commands of GitHub Actions: an annotation at each line. */
export function renderGithub({ findings, unread }: CheckReport): string {
  const lines = [
    ...findings.map(annotation),
    ...unread.map(({ file, sentence }) => `::error file=${property(file)}::${data(sentence)}`),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function annotation({ rule, severity, file, line, resource, message, remedy }: Finding): string {
  const text = data(`${resource}: ${message}\n${rule.why}\n\n${remedy}`);
  return `::${levels[severity]} file=${property(file)},line=${line},title=${property(rule.id)}::${text}`;
}

const data = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
