import { create } from 'xmlbuilder2';
import { isLost } from './fate.js';
import { type JudgedStream, type RehearsalReport } from './report.js';

/**
 * The report as JUnit XML: one test case per stream, so that CI lists what was lost and why. What was not
 * judged is an error: a reader of this file alone sees no green either.
 */
export function junit(report: RehearsalReport): string {
  const suite = create({ version: '1.0', encoding: 'UTF-8' })
    .ele('testsuites')
    .ele('testsuite', {
      name: `rehearse ${report.command}`,
      timestamp: report.date,
      time: seconds(report.duration),
      tests: report.streams.length + 1,
      failures: report.lost,
      skipped: report.totals.unfinished,
      errors: report.totals.unknown + (unjudged(report) ? 1 : 0),
    });
  for (const stream of report.streams) {
    const test = suite.ele('testcase', {
      name: `stream ${stream.id} of client ${stream.client}`,
      classname: stream.request,
      time: seconds(length(stream)),
    });
    if (isLost(stream.fate)) test.ele('failure', { type: stream.fate, message: stream.why ?? '' });
    if (stream.fate === 'unfinished') test.ele('skipped');
    if (stream.fate === 'unknown') {
      test.ele('error', { message: 'nothing tells whether it was whole' });
    }
  }
  const whole = suite.ele('testcase', { name: 'verdict', classname: report.command });
  if (unjudged(report)) whole.ele('error', { message: report.verdict.sentence });
  return suite.end({ prettyPrint: true });
}

/** It failed for another reason than its streams. */
function unjudged({ verdict, lost, totals }: RehearsalReport): boolean {
  return !verdict.passed && lost === 0 && totals.unknown === 0;
}

function length({ attempts }: JudgedStream): number {
  return (attempts.at(-1)?.endedAt ?? 0) - (attempts[0]?.startedAt ?? 0);
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3);
}
