import { formatDuration } from '../duration.js';
import { type Attempt } from '../load/stream.js';
import { type JudgedStream } from '../verdict/report.js';

/** The story of one stream, a line for each of its attempts and one for why it was lost. */
export function storyOf(stream: JudgedStream): string[] {
  const { id, client, request, fate, events, attempts, why } = stream;
  const received = `${events} event${events === 1 ? '' : 's'}`;
  return [
    `Stream ${id} of client ${client}: ${fate}`,
    `${request}, ${received}`,
    ...attempts.map(attemptStory),
    ...(why === undefined ? [] : [why]),
  ];
}

function attemptStory(attempt: Attempt): string {
  const { startedAt, firstByteAt, endedAt, reused } = attempt;
  const where = attempt.pod?.replace('-', ' ') ?? 'no pod';
  const wait =
    firstByteAt === undefined
      ? ''
      : `, first byte after ${formatDuration(firstByteAt - startedAt)}`;
  const over = reused ? ' over a kept connection' : '';
  return `${seconds(startedAt)} to ${seconds(endedAt)} on ${where}${over}${wait}; ${ending(attempt)}`;
}

function ending({ ending, status, error, told }: Attempt): string {
  if (told !== undefined) return `told: ${told}`;
  switch (ending) {
    case 'clean':
      return 'ended by the server';
    case 'reset':
      return `broken off${error ? ` (${error})` : ''}`;
    case 'refused':
      return `no answer${error ? ` (${error})` : ''}`;
    case 'status':
      return `answered ${status}`;
    case 'idle':
      return 'fell silent';
    case 'closed':
      return 'closed by the client';
  }
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}
