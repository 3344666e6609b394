import { describe, expect, it } from 'vitest';
import { ResponseDirectory } from './response-directory.js';
import { headOf } from './response-head.js';

const head = (metadata: Record<string, string> = {}) =>
  headOf({ input: [], metadata, stream: true }, 'echo');
const forever = () => new AbortController().signal;

describe('the directory', () => {
  it('finds a response while it runs and after it has ended', () => {
    const directory = new ResponseDirectory();
    const run = directory.open(head(), forever());
    expect(directory.find(run.id)).toBe(run);
    run.cancel();
    expect(directory.find(run.id)).toBe(run);
  });

  it('finds the running response of a subtask before one that has ended', () => {
    const directory = new ResponseDirectory();
    const running = directory.open(head({ subtask_id: '7' }), forever());
    const ended = directory.open(head({ subtask_id: '7' }), forever());
    ended.cancel();
    expect(directory.findByMetadata('subtask_id', '7')).toBe(running);
    running.cancel();
    expect(directory.findByMetadata('subtask_id', '7')).toBe(running);
    expect(directory.findByMetadata('subtask_id', '8')).toBeUndefined();
  });

  it('knows a response whose caller left before it was opened', () => {
    const directory = new ResponseDirectory();
    const gone = AbortSignal.abort(new Error('gone', { cause: 'disconnect' }));
    const run = directory.open(head(), gone);
    expect(directory.find(run.id)).toBe(run);
  });

  it('forgets the oldest ended responses and never a running one', () => {
    const directory = new ResponseDirectory();
    const running = directory.open(head(), forever());
    const runs = Array.from({ length: 201 }, () => directory.open(head(), forever()));
    for (const run of runs) run.cancel();
    expect(directory.find(running.id)).toBe(running);
    expect(directory.find(runs[0]!.id)).toBeUndefined();
    expect(directory.find(runs[1]!.id)).toBe(runs[1]);
  });
});
