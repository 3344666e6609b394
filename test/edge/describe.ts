import type { DrainReport } from 'nestjs-drain';
import type { Answer } from './exchange.js';

/** An answer in the words of the table. */
export function describeAnswer({ status, headers, body, isComplete }: Answer): string {
  if (status === 0) return 'no answer';
  const notable = [
    ['retry-after', 'Retry-After'],
    ['connection', 'Connection'],
    ['allow', 'Allow'],
  ] as const;
  return [
    String(status),
    ...notable.flatMap(([key, name]) => {
      const value = headers[key];
      return value === undefined || value === 'keep-alive' ? [] : [`${name}: ${value}`];
    }),
    ...(status < 400 ? describeBody(headers['content-type'] ?? '', body) : []),
    ...(isComplete ? [] : ['cut']),
  ].join(', ');
}

function describeBody(type: string, body: string): string[] {
  if (!type.startsWith('text/event-stream')) return body === '' ? [] : [`"${body}"`];
  return body.split('\n\n').flatMap((block) => {
    const fields = block.split('\n').map((line) => line.split(': '));
    const field = (name: string): string | undefined => fields.find(([key]) => key === name)?.[1];
    const [event, data, retry] = [field('event'), field('data'), field('retry')];
    if (retry !== undefined) return [`retry: ${retry}`];
    if (data === undefined) return [];
    return [event === undefined ? `"${data}"` : `${event} "${data}"`];
  });
}

/** A report in the words of the table: only what is not zero. */
export function describeReport(report: DrainReport | undefined): string {
  if (!report) return 'no report';
  const counts = [
    [report.activeBefore, 'open'],
    [report.admitted, 'admitted'],
    [report.completed, 'completed'],
    [report.abandoned, 'abandoned'],
    [report.reconnect, 'reconnected'],
    [report.cancelled, 'cancelled'],
    [report.cut, 'cut'],
    [report.refused, 'refused'],
    ...Object.entries(report.unfinished).map(([name, count]) => {
      return [count, `${count === 1 ? name.replace(/s$/, '') : name} unfinished`];
    }),
  ] as [number, string][];
  const parts = counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return [report.outcome, ...parts].join(', ');
}
