import { create } from 'xmlbuilder2';
import { isLost } from './fate.js';
import { type JudgedStream, type RehearsalReport } from './report.js';

/** The report as JUnit XML: one test case per stream, so that CI lists what was lost and why. */
export function junit(report: RehearsalReport): string {
  const suite = create({ version: '1.0', encoding: 'UTF-8' })
    .ele('testsuites')
    .ele('testsuite', {
      name: `rehearse ${report.command}`,
      timestamp: report.date,
      time: seconds(report.duration),
      tests: report.streams.length,
      failures: report.lost,
      skipped: report.totals.unfinished,
      errors: 0,
    });
  for (const stream of report.streams) {
    const test = suite.ele('testcase', {
      name: `stream ${stream.id} of client ${stream.client}`,
      classname: stream.request,
      time: seconds(length(stream)),
    });
    if (isLost(stream.fate)) test.ele('failure', { type: stream.fate, message: stream.why ?? '' });
    if (stream.fate === 'unfinished') test.ele('skipped');
  }
  return suite.end({ prettyPrint: true });
}

function length({ attempts }: JudgedStream): number {
  return (attempts.at(-1)?.endedAt ?? 0) - (attempts[0]?.startedAt ?? 0);
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3);
}
