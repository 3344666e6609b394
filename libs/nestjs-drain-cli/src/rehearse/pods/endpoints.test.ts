import { describe, expect, it } from '@jest/globals';
import { Journal } from '../journal.js';
import { ManualClock } from '../manual-clock.js';
import { Endpoints } from './endpoints.js';
import { RoundRobin } from './round-robin.js';

describe('endpoints', () => {
  it('spread new connections over the pods in turn', () => {
    const { endpoints } = stage(['pod-1', 'pod-2']);
    const turn = new RoundRobin();
    const picked = [1, 2, 3, 4].map(() => turn.pick(endpoints.routable())?.pod);
    expect(picked.filter((pod) => pod === 'pod-1')).toHaveLength(2);
  });

  it('go on sending connections to a deleted pod until the proxy has learnt of it', async () => {
    const { endpoints, clock } = stage(['pod-1', 'pod-2']);
    void endpoints.setTerminating('pod-1');
    await clock.advance(999);
    expect(pods(endpoints)).toEqual(['pod-1', 'pod-2']);
    await clock.advance(1);
    expect(pods(endpoints)).toEqual(['pod-2']);
  });

  it('fall back to deleted pods that are still ready when no other is left', async () => {
    const { endpoints, clock } = stage(['pod-1', 'pod-2']);
    void endpoints.setTerminating('pod-1');
    void endpoints.setTerminating('pod-2');
    endpoints.setReady('pod-2', false);
    await clock.advance(1000);
    expect(pods(endpoints)).toEqual(['pod-1']);
  });

  it('have no pod to offer when none is ready', async () => {
    const { endpoints, clock } = stage(['pod-1']);
    endpoints.setReady('pod-1', false);
    await clock.advance(1000);
    expect(new RoundRobin().pick(endpoints.routable())).toBeUndefined();
  });

  it('tell every change to those who follow', async () => {
    const { endpoints, clock } = stage(['pod-1']);
    const seen: string[][] = [];
    endpoints.follow((routable) => seen.push(routable.map(({ pod }) => pod)));
    endpoints.add({ pod: 'pod-2', port: 2 });
    await clock.advance(1000);
    expect(seen).toEqual([['pod-1'], ['pod-1', 'pod-2']]);
  });
});

function stage(names: string[]) {
  const clock = new ManualClock();
  const { signal } = new AbortController();
  const endpoints = new Endpoints(clock, new Journal(clock), 1000, signal);
  for (const [index, pod] of names.entries()) endpoints.addNow({ pod, port: index });
  return { clock, endpoints };
}

function pods(endpoints: Endpoints): string[] {
  return endpoints.routable().map(({ pod }) => pod);
}
