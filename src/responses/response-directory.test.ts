import { describe, expect, it } from '@jest/globals';
import { ResponseDirectory } from './response-directory.js';
import { newId } from '../http/new-id.js';
import { headOf } from './response-head.js';

const request = { input: [], stream: true, store: true, background: false };
const alice = { principal: 'alice' };
const head = (metadata: Record<string, string> = {}) =>
  headOf({ ...request, metadata }, 'echo', newId('resp'));
const forever = () => new AbortController().signal;

describe('the directory', () => {
  it('finds a response while it runs and after it has ended', () => {
    const directory = new ResponseDirectory();
    const run = directory.open(head(), forever(), alice);
    expect(directory.find(run.id, 'alice')).toBe(run);
    run.cancel();
    expect(directory.find(run.id, 'alice')).toBe(run);
  });

  it('finds the running response of a subtask before one that has ended', () => {
    const directory = new ResponseDirectory();
    const running = directory.open(head({ subtask_id: '7' }), forever(), alice);
    const ended = directory.open(head({ subtask_id: '7' }), forever(), alice);
    ended.cancel();
    expect(directory.findByMetadata('subtask_id', '7', 'alice')).toBe(running);
    running.cancel();
    expect(directory.findByMetadata('subtask_id', '7', 'alice')).toBe(running);
    expect(directory.findByMetadata('subtask_id', '8', 'alice')).toBeUndefined();
  });

  it('knows a response for its own caller only', () => {
    const directory = new ResponseDirectory();
    const run = directory.open(head({ subtask_id: '7' }), forever(), alice);
    expect(directory.find(run.id, 'mallory')).toBeUndefined();
    expect(directory.findByMetadata('subtask_id', '7', 'mallory')).toBeUndefined();
  });

  it('knows a response whose caller left before it was opened', () => {
    const directory = new ResponseDirectory();
    const gone = AbortSignal.abort(new Error('gone', { cause: 'disconnect' }));
    const run = directory.open(head(), gone, alice);
    expect(directory.find(run.id, 'alice')).toBe(run);
  });

  it('forgets the oldest ended responses and never a running one', () => {
    const directory = new ResponseDirectory();
    const running = directory.open(head(), forever(), alice);
    const runs = Array.from({ length: 201 }, () => directory.open(head(), forever(), alice));
    for (const run of runs) run.cancel();
    expect(directory.find(running.id, 'alice')).toBe(running);
    expect(directory.find(runs[0]!.id, 'alice')).toBeUndefined();
    expect(directory.find(runs[1]!.id, 'alice')).toBe(runs[1]);
  });
});
