import { describe, expect, it } from '@jest/globals';
import { type Connection } from '../balancer/balancer.js';
import { type PodEvent } from '../journal.js';
import { newAttempt, type Attempt, type Stream } from '../load/stream.js';
import { junit } from './junit.js';
import { passed, report, type Findings } from './report.js';

const deletedAt1000: PodEvent[] = [
  { at: 0, pod: 'pod-1', kind: 'started' },
  { at: 100, pod: 'pod-1', kind: 'ready' },
  { at: 1000, pod: 'pod-1', kind: 'deleted' },
  { at: 1000, pod: 'pod-1', kind: 'sigterm' },
  { at: 2200, pod: 'pod-1', kind: 'endpointRemoved' },
];

describe('the report of a rehearsal', () => {
  it('names the delay that would have kept the listener open long enough', () => {
    const refused = attempt({ startedAt: 1900, endedAt: 1900, ending: 'refused' });
    const { causes } = judge([stream(refused)], { refused: [refused] });
    expect(causes).toHaveLength(1);
    expect(causes[0]?.code).toBe('listener-closed');
    expect(causes[0]?.sentence).toContain(
      '1 new connection reached pod 1 after its listener closed',
    );
    expect(causes[0]?.sentence).toContain('propagationDelay ≥ 1.3 s');
  });

  it('tells requests over kept connections from new ones', () => {
    const kept = attempt({
      startedAt: 1500,
      endedAt: 1510,
      ending: 'status',
      status: 503,
      reused: true,
    });
    const fresh = attempt({ startedAt: 1500, endedAt: 1510, ending: 'status', status: 503 });
    const { causes } = judge([stream(kept), stream(fresh)]);
    expect(causes.map(({ code }) => code).sort()).toEqual(['turned-away-kept', 'turned-away-new']);
    expect(causes.find(({ code }) => code === 'turned-away-kept')?.sentence).toContain(
      'without Connection: close',
    );
  });

  it('names the grace that the killed streams would have needed', () => {
    const events: PodEvent[] = [
      ...deletedAt1000,
      { at: 6000, pod: 'pod-1', kind: 'sigkill' },
      { at: 6001, pod: 'pod-1', kind: 'exited' },
    ];
    const killed = attempt({ startedAt: 500, endedAt: 6002, ending: 'reset', firstByteAt: 510 });
    const { causes } = judge([stream(killed)], { events, streamLength: 10_000 });
    expect(causes[0]?.code).toBe('grace-over');
    expect(causes[0]?.sentence).toContain('terminationGracePeriodSeconds ≥ 12');
  });

  it('does not ask for more grace for a pod that never stopped taking requests', () => {
    const events: PodEvent[] = [...deletedAt1000, { at: 6000, pod: 'pod-1', kind: 'sigkill' }];
    const killed = attempt({ startedAt: 5000, endedAt: 6002, ending: 'reset', firstByteAt: 510 });
    const { causes } = judge([stream(killed)], { events });
    expect(causes[0]?.code).toBe('never-stopped');
  });

  it('blames an exit that did not wait', () => {
    const events: PodEvent[] = [...deletedAt1000, { at: 1004, pod: 'pod-1', kind: 'exited' }];
    const broken = attempt({ startedAt: 800, endedAt: 1003, ending: 'reset', firstByteAt: 801 });
    const { causes } = judge([stream(broken), stream({ ...broken })], { events });
    expect(causes[0]?.sentence).toMatch(/^Pod 1 exited 4 ms after SIGTERM while 2 streams ran/);
  });

  it('unmasks a clean end without a terminal event', () => {
    const ended = attempt({ startedAt: 800, endedAt: 1400, ending: 'clean', status: 200 });
    const { causes } = judge([stream(ended)]);
    expect(causes[0]?.code).toBe('ended-silently');
  });

  it('does not blame the rollout for what happened on a serving pod', () => {
    const broken = attempt({ startedAt: 300, endedAt: 600, ending: 'reset', status: 200 });
    const { causes } = judge([stream(broken)]);
    expect(causes[0]?.sentence).toContain('this is not the rollout');
  });

  it('explains what a crash took with it', () => {
    const events: PodEvent[] = [{ at: 1000, pod: 'pod-1', kind: 'sigkill' }];
    const broken = attempt({ startedAt: 300, endedAt: 1001, ending: 'reset', status: 200 });
    const { causes } = judge([stream(broken)], { events });
    expect(causes[0]?.code).toBe('crash');
  });

  it('passes when nothing was lost, or no more than allowed', () => {
    const lost = stream(attempt({ ending: 'refused' }));
    const whole = stream(attempt({ ending: 'clean' }), { terminal: 'done' });
    expect(passed(judge([whole]), 0)).toBe(true);
    expect(passed(judge([whole, lost]), 0)).toBe(false);
    expect(passed(judge([whole, lost]), 1)).toBe(true);
  });

  it('does not pass when nothing was measured, or not until the end', () => {
    const whole = stream(attempt({ ending: 'clean' }), { terminal: 'done' });
    expect(passed(judge([]), 0)).toBe(false);
    expect(passed(judge([whole], { stoppedAtLimit: true }), 0)).toBe(false);
    expect(passed(judge([whole], { ranDry: true }), 0)).toBe(false);
  });

  it('counts every stream once', () => {
    const streams = [
      stream(attempt({ ending: 'clean' }), { terminal: 'done' }),
      stream(attempt({ ending: 'refused' })),
      stream(attempt({ ending: 'closed' }), { open: true, kind: 'post' }),
    ];
    const { totals, lost } = judge(streams);
    expect(Object.values(totals).reduce((sum, count) => sum + count, 0)).toBe(3);
    expect(lost).toBe(totals.cut + totals.refused);
  });

  it('as JUnit lists each lost stream as a failure with its reason, escaped', () => {
    const lost = stream(attempt({ ending: 'refused' }), { request: 'GET /a?b=<1>&c=2' });
    const xml = junit(judge([lost, stream(attempt({ ending: 'clean' }), { terminal: 'done' })]));
    expect(xml).toContain('tests="2" failures="1"');
    expect(xml).toContain('<failure type="refused" message="');
    expect(xml).toContain('classname="GET /a?b=&lt;1&gt;&amp;c=2"');
  });
});

interface Scene extends Partial<Omit<Findings, 'connections' | 'streams'>> {
  /** Attempts whose connection the pod did not accept. */
  readonly refused?: Attempt[];
}

function judge(streams: Stream[], { refused = [], ...scene }: Scene = {}) {
  const connections = new Map<Attempt, Connection>(
    refused.map((one) => [one, { at: one.startedAt, clientPort: 1, pod: 'pod-1', refused: true }]),
  );
  return report({
    date: new Date(0),
    command: ['node', 'main.js'],
    duration: 8000,
    stoppedAtLimit: false,
    ranDry: false,
    events: deletedAt1000,
    gracePeriod: 5000,
    streamLength: 0,
    ...scene,
    streams,
    connections,
  });
}

function attempt(own: Partial<Attempt>): Attempt {
  return { ...newAttempt(own.startedAt ?? 0), pod: 'pod-1', ...own };
}

function stream(one: Attempt, own: Partial<Stream> = {}): Stream {
  const common = { id: 1, client: 1, kind: 'post', request: 'POST /', events: 0 } as const;
  return { ...common, connected: false, open: false, ...own, attempts: [one] };
}
