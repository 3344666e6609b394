import { describe, expect, it } from '@jest/globals';
import { Journal } from '../journal.js';
import { ManualClock } from '../manual-clock.js';
import { platforms } from '../platform/platforms.js';
import { terminate, type Container, type TerminationPlan } from './kubelet.js';

describe('the kubelet', () => {
  it('sends SIGTERM at once to a container without a hook', async () => {
    const scene = stage({ gracePeriod: 10_000 });
    await scene.clock.advance(0);
    expect(scene.story()).toEqual(['0 sigterm']);
  });

  it('sends SIGTERM in the moment in which the hook answers', async () => {
    const scene = stage({ gracePeriod: 10_000 }, { hook: (clock) => clock.sleep(1300) });
    await scene.clock.advance(1300);
    expect(scene.story()).toEqual(['0 hookSent', '1300 hookAnswered', '1300 sigterm']);
  });

  it('sends SIGTERM at once when the hook is refused', async () => {
    const scene = stage(
      { gracePeriod: 10_000 },
      { hook: () => Promise.reject(new Error('connect ECONNREFUSED')) },
    );
    await scene.clock.advance(0);
    expect(scene.story()).toEqual(['0 hookSent', '0 hookFailed', '0 sigterm']);
    expect(scene.journal.events[1]?.detail).toBe('connect ECONNREFUSED');
  });

  it('sends SIGKILL when the grace is over', async () => {
    const scene = stage({ gracePeriod: 10_000 });
    await scene.clock.advance(10_000);
    expect(scene.story()).toEqual(['0 sigterm', '10000 sigkill', '10000 exited']);
  });

  it('takes only whole seconds of the hook off the grace', async () => {
    const scene = stage({ gracePeriod: 10_000 }, { hook: (clock) => clock.sleep(3900) });
    await scene.clock.advance(20_000);
    expect(scene.story()).toContain('10900 sigkill');
  });

  it('leaves at least two seconds between SIGTERM and SIGKILL, even if the hook took the whole grace', async () => {
    const scene = stage({ gracePeriod: 5000 }, { hook: () => new Promise(() => {}) });
    await scene.clock.advance(20_000);
    expect(scene.story()).toEqual([
      '0 hookSent',
      '5000 hookFailed',
      '5000 sigterm',
      '7000 sigkill',
      '7000 exited',
    ]);
  });

  it('sends no SIGKILL to a container that ends by itself', async () => {
    const scene = stage({ gracePeriod: 10_000 }, { exitAfterSigterm: 400 });
    await scene.clock.advance(20_000);
    await scene.done;
    expect(scene.story()).toEqual(['0 sigterm', '400 exited']);
  });

  it('sends neither signal to a container that ended during its hook', async () => {
    const scene = stage({ gracePeriod: 10_000 }, { hook: (clock) => clock.sleep(9000) });
    await scene.clock.advance(100);
    scene.exit();
    await scene.done;
    expect(scene.story()).toEqual(['0 hookSent', '100 exited', '100 hookFailed']);
  });

  it('sends the hook again after a restart, and SIGTERM only after the second', async () => {
    const scene = stage(
      { gracePeriod: 10_000, kubeletRestart: 500 },
      { hook: (clock) => clock.sleep(2000) },
    );
    await scene.clock.advance(3000);
    expect(scene.story()).toEqual([
      '0 hookSent',
      '500 hookFailed',
      '500 kubeletRestarted',
      '500 hookSent',
      '2500 hookAnswered',
      '2500 sigterm',
    ]);
  });

  it('leaves the hook unanswered when the grace is over: SIGTERM, and 2 s later SIGKILL', async () => {
    const story: string[] = [];
    const scene = stage(
      { gracePeriod: 5000 },
      {
        hook: (clock, signal) => {
          signal.addEventListener('abort', () => story.push(`${clock.now()} connection closed`));
          return new Promise(() => {});
        },
      },
    );
    await scene.clock.advance(6999);
    expect(scene.story().slice(-2)).toEqual(['5000 hookFailed', '5000 sigterm']);
    expect(story).toEqual([]);
    await scene.clock.advance(1);
    expect(scene.story()).toContain('7000 sigkill');
    expect(story).toEqual(['7000 connection closed']);
  });

  it('gives up the first hook when it restarts', async () => {
    const aborted: boolean[] = [];
    const scene = stage(
      { gracePeriod: 10_000, kubeletRestart: 500 },
      {
        hook: (clock, signal) => {
          signal.addEventListener('abort', () => aborted.push(true));
          return clock.sleep(2000);
        },
      },
    );
    await scene.clock.advance(500);
    expect(aborted).toEqual([true]);
  });
});

interface Behaviour {
  readonly hook?: (clock: ManualClock, signal: AbortSignal) => Promise<void>;
  readonly exitAfterSigterm?: number;
}

/** A container that is being terminated, on a clock that the test moves. */
function stage(own: Partial<TerminationPlan>, { hook, exitAfterSigterm }: Behaviour = {}) {
  const plan = { ...platforms.kubernetes, gracePeriod: 30_000, ...own };
  const clock = new ManualClock();
  const journal = new Journal(clock);
  let exit = () => {};
  const exited = new Promise<string>((resolve) => {
    exit = () => {
      journal.write('pod-1', 'exited');
      resolve('exit code 0');
    };
  });
  const container: Container = {
    name: 'pod-1',
    exited,
    ...(hook ? { preStop: (signal) => hook(clock, signal).then(() => '200') } : {}),
    terminate: () => {
      if (exitAfterSigterm !== undefined) void clock.sleep(exitAfterSigterm).then(exit);
    },
    kill: exit,
  };
  const done = terminate(container, plan, clock, journal);
  const story = () => journal.events.map(({ at, kind }) => `${at} ${kind}`);
  return { clock, journal, exit, done, story };
}
