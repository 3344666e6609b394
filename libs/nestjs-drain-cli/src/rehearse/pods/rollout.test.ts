import { describe, expect, it } from '@jest/globals';
import { Journal } from '../journal.js';
import { ManualClock } from '../manual-clock.js';
import { Endpoints } from './endpoints.js';
import { platforms } from '../platform/platforms.js';
import { Rollout, type Pod, type RolloutPlan } from './rollout.js';

describe('a rollout', () => {
  it('deletes no pod before its replacement is ready', async () => {
    const { clock, rollout, journal } = stage();
    void rollout.roll();
    await clock.advance(999);
    expect(deletions(journal)).toEqual([]);
    await clock.advance(1);
    expect(deletions(journal)).toEqual(['1000 pod-1']);
  });

  it('starts the next replacement without waiting for the old pod to be gone', async () => {
    const { clock, rollout, journal } = stage();
    void rollout.roll();
    await clock.advance(2000);
    expect(deletions(journal)).toEqual(['1000 pod-1', '2000 pod-2']);
    expect(journal.events.filter(({ kind }) => kind === 'exited')).toEqual([]);
  });

  it('is over when every old pod is gone and the proxy knows it', async () => {
    const { clock, rollout, journal } = stage();
    let over = false;
    void rollout.roll().then(() => (over = true));
    await clock.advance(6999);
    expect(over).toBe(false);
    await clock.advance(1);
    expect(over).toBe(true);
    expect(journal.events.filter(({ kind }) => kind === 'endpointRemoved')).toHaveLength(2);
  });

  it('kills the old pods without a word when they are to crash', async () => {
    const { clock, rollout, journal } = stage({ crash: true });
    void rollout.roll();
    await clock.advance(1000);
    const kinds = journal.events.filter(({ pod }) => pod === 'pod-1').map(({ kind }) => kind);
    expect(kinds).toEqual(['sigkill', 'exited']);
  });

  it('takes the traffic away first, and stops the pod later, where the platform does', async () => {
    const { clock, rollout, journal } = stage({ traffic: 'first', lead: 2000 });
    void rollout.roll();
    await clock.advance(6000);
    expect(story(journal, 'pod-1').slice(0, 3)).toEqual([
      '1000 deleted',
      '1700 endpointRemoved',
      '3700 sigterm',
    ]);
  });

  it('starts the new pod only when the old one is gone, where the platform does', async () => {
    const { clock, rollout, journal } = stage({ startFirst: false, signal: 'SIGINT' });
    void rollout.roll();
    await clock.advance(14_000);
    expect(story(journal, 'pod-1').filter((line) => !line.includes('endpoint'))).toEqual([
      '0 deleted',
      '0 sigint',
      '5000 sigkill',
      '5000 exited',
    ]);
    expect(deletions(journal)).toEqual(['0 pod-1', '6000 pod-2']);
  });

  it('tells no balancer where there is none', async () => {
    const { clock, rollout, journal } = stage({ traffic: 'never', startFirst: false });
    void rollout.roll();
    await clock.advance(14_000);
    expect(journal.events.map(({ kind }) => kind)).toContain('exited');
    expect(journal.events.filter(({ kind }) => kind === 'endpointRemoved')).toEqual([]);
  });
});

function story(journal: Journal, name: string): string[] {
  return journal.events.filter(({ pod }) => pod === name).map(({ at, kind }) => `${at} ${kind}`);
}

/** Two pods that take 1 s to be ready and ignore SIGTERM, with 5 s of grace. */
function stage(own: Partial<RolloutPlan> = {}) {
  const clock = new ManualClock();
  const journal = new Journal(clock);
  const { signal } = new AbortController();
  const endpoints = new Endpoints(clock, journal, 700, signal);
  let count = 0;
  const create = () => Promise.resolve(fakePod(`pod-${(count += 1)}`, clock, journal));
  const plan = { ...platforms.kubernetes, gracePeriod: 5000, crash: false, ...own };
  const rollout = new Rollout(create, endpoints, plan, clock, journal, signal);
  for (const pod of ['pod-1', 'pod-2']) {
    count += 1;
    rollout.pods.push(fakePod(pod, clock, journal));
    endpoints.addNow({ pod, port: 1 });
  }
  return { clock, journal, rollout };
}

function fakePod(name: string, clock: ManualClock, journal: Journal): Pod {
  let kill = () => {};
  const exited = new Promise<string>((resolve) => {
    kill = () => {
      journal.write(name, 'exited');
      resolve('SIGKILL');
    };
  });
  return {
    name,
    port: 1,
    exited,
    kill: () => kill(),
    terminate: () => {},
    ready: () => clock.sleep(1000),
    watchReadiness: () => new Promise(() => {}),
  };
}

function deletions(journal: Journal): string[] {
  return journal.events
    .filter(({ kind }) => kind === 'deleted')
    .map(({ at, pod }) => `${at} ${pod}`);
}
