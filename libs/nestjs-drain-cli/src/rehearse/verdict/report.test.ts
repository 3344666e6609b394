import { describe, expect, it } from '@jest/globals';
import { type Connection } from '../balancer/balancer.js';
import { type PodEvent } from '../journal.js';
import { newAttempt, type Attempt, type Stream } from '../load/stream.js';
import { junit } from './junit.js';
import { platforms } from '../platform/platforms.js';
import { adviceFor } from './advice.js';
import { report, type Findings } from './report.js';

const deletedAt1000: PodEvent[] = [
  { at: 0, pod: 'pod-1', kind: 'started' },
  { at: 100, pod: 'pod-1', kind: 'ready' },
  { at: 1000, pod: 'pod-1', kind: 'deleted' },
  { at: 1000, pod: 'pod-1', kind: 'sigterm' },
  { at: 2200, pod: 'pod-1', kind: 'endpointRemoved' },
];

describe('the report of a rehearsal', () => {
  it('advises in the words of the service, with no number of the simulation', () => {
    const refused = attempt({ startedAt: 1900, endedAt: 1900, ending: 'refused' });
    const { causes } = judge([stream(refused)], { refused: [refused] });
    expect(causes).toHaveLength(1);
    expect(causes[0]?.code).toBe('listener-closed');
    expect(causes[0]?.sentence).toContain(
      '1 new connection reached pod 1 after its listener closed',
    );
    expect(causes[0]?.sentence).toContain('set propagationDelay to 5 or more');
    const advice = adviceFor('other', platforms.kubernetes, 900);
    const [other] = judge([stream(refused)], { refused: [refused], advice }).causes;
    expect(other?.sentence).not.toContain('propagationDelay');
    expect(other?.sentence).toContain('preStop hook that sleeps');
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

  it('asks for a longer drain where it turned away who asked again behind a farewell', () => {
    const told = attempt({ startedAt: 500, endedAt: 2000, ending: 'clean', told: 'shutdown' });
    const again = attempt({ startedAt: 2000, endedAt: 2001, ending: 'status', status: 503 });
    const before = { ...again, startedAt: 1900, endedAt: 1901, reused: true };
    const { causes } = judge([stream(told), stream({ ...again, reused: true }), stream(before)]);
    expect(causes.map(({ code }) => code)).toEqual(['turned-away-late', 'turned-away-kept']);
    expect(causes[0]?.sentence).toMatch(
      /1 request over kept connections got 503 when pod 1 was ending .* raise timeout, and raise terminationGracePeriodSeconds/,
    );
  });

  it('asks only a service without nestjs-drain to announce the end of its connections', () => {
    const kept = attempt({ endedAt: 1510, ending: 'status', status: 503, reused: true });
    const announce = 'send Connection: close';
    expect(judge([stream(kept)]).causes[0]?.sentence).not.toContain(announce);
    const advice = adviceFor('other', platforms.kubernetes, 900);
    expect(judge([stream(kept)], { advice }).causes[0]?.sentence).toContain(announce);
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
    expect(causes[0]?.sentence).toContain('set terminationGracePeriodSeconds to 12 s or more');
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
    const { causes } = judge([stream(ended, { named: true })]);
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
    expect(judge([whole]).verdict).toEqual({
      passed: true,
      sentence: 'No stream was lost: all 1 were kept',
    });
    expect(judge([whole, lost]).verdict.passed).toBe(false);
    expect(judge([whole, lost], { maxLost: 1 }).verdict).toEqual({
      passed: true,
      sentence: '1 of 2 streams were lost; 1 may be',
    });
  });

  it('does not pass when nothing was measured, or not until the end, and says so', () => {
    const whole = stream(attempt({ ending: 'clean' }), { terminal: 'done' });
    const sentences = [
      judge([]),
      judge([whole], { stoppedAtLimit: true }),
      judge([whole], { ranDry: true }),
    ].map(({ verdict }) => [verdict.passed, verdict.sentence]);
    expect(sentences).toEqual([
      [false, expect.stringContaining('nothing was measured')],
      [false, expect.stringContaining('not judged to the end')],
      [false, expect.stringContaining('not judged to the end')],
    ]);
  });

  it('does not pass on ends that nothing tells from a cut', () => {
    const ended = stream(attempt({ ending: 'clean', status: 200 }), { lastPiece: '{"a":1}' });
    const { verdict, warnings, lost } = judge([ended]);
    expect([verdict.passed, lost]).toEqual([false, 0]);
    expect(verdict.sentence).toContain('cannot be known');
    expect(warnings[0]?.sentence).toContain('the last piece of one was "{"a":1}"');
  });

  it('does not call answers lost that ended cleanly and began again, and says how to know', () => {
    const open = attempt({ ending: 'closed' });
    const own = { kind: 'sse', open: true, anew: 'ids from 1 on', lastPiece: 'w14' } as const;
    const { verdict, warnings, lost, causes } = judge([stream(open, own), stream(open, own)]);
    expect([verdict.passed, lost, causes]).toEqual([false, 0, []]);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]?.sentence).toContain(
      '2 streams ended cleanly and were asked for anew, and nothing says that they were whole. No terminal event was seen; if these answers are finite, name their end with --complete-event, --complete-data, --complete-text or --recognise (the last piece of one was "w14")',
    );
  });

  it('does not say that streams ended cleanly which broke off and have not proved that they went on', () => {
    const broken = stream(attempt({ ending: 'reset', status: 200 }), { awaited: true, open: true });
    const { verdict, warnings } = judge([{ ...broken, kind: 'sse' }]);
    expect(verdict.passed).toBe(false);
    expect(warnings.map(({ code }) => code)).toEqual(['continuity-unknown']);
    expect(warnings[0]?.sentence).toContain('1 stream came back, but no event with a new id');
  });

  it('calls them lost where another stream of the same request had an end', () => {
    const own = { kind: 'sse', open: true, anew: 'ids from 1 on' } as const;
    const whole = stream(attempt({ ending: 'clean' }), { terminal: 'done', recognised: true });
    const { causes, warnings } = judge([stream(attempt({ ending: 'clean' }), own), whole]);
    expect(causes).toMatchObject([{ code: 'gap', streams: [1] }]);
    expect(causes[0]?.what).toContain('missed ids from 1 on');
    expect(warnings).toEqual([]);
  });

  it('asks first for the module where a pod stayed ready to its end and told no stream', () => {
    const events: PodEvent[] = [...deletedAt1000, { at: 1004, pod: 'pod-1', kind: 'exited' }];
    const broken = stream(attempt({ startedAt: 800, endedAt: 1003, ending: 'reset', status: 200 }));
    const remedy = (scene: Scene = {}, ...others: Stream[]) =>
      judge([broken, ...others], { events, ...scene }).causes[0]?.remedy;
    expect(remedy()).toMatch(
      /^the pod was never seen unready and told no stream of its end: is GracefulShutdownModule imported\? If it is, let it wait/,
    );
    const told = stream(attempt({ endedAt: 1002, ending: 'clean', told: 'retry: 50' }));
    expect(remedy({}, told)).toMatch(/^let it wait/);
    const unready: PodEvent = { at: 1001, pod: 'pod-1', kind: 'notReady' };
    expect(remedy({ events: [...events, unready] })).toMatch(/^let it wait/);
    expect(remedy({ advice: adviceFor('node', platforms.kubernetes, 900) })).toMatch(
      /^let it wait/,
    );
  });

  it('does not pass on a service whose every answer is an error', () => {
    const failed = stream(
      attempt({ startedAt: 200, endedAt: 300, ending: 'clean', status: 200, told: 'error' }),
    );
    const { verdict, causes } = judge([failed, { ...failed, id: 2 }]);
    expect(verdict.passed).toBe(false);
    expect(causes[0]?.sentence).toContain('got "error" from pod 1 while it was serving');
  });

  it('names a pod that ignored its signal, though nothing was lost', () => {
    const events: PodEvent[] = [...deletedAt1000, { at: 6000, pod: 'pod-1', kind: 'sigkill' }];
    const whole = stream(attempt({ ending: 'clean' }), { terminal: 'done' });
    const { verdict, warnings } = judge([whole], { events });
    expect(verdict.passed).toBe(true);
    expect(warnings).toMatchObject([{ code: 'ignored-signal', pod: 'pod-1' }]);
    expect(warnings[0]?.sentence).toContain('Pod 1 was still there 5 s after SIGTERM');
  });

  it.each([
    ['404', ['hook-refused']],
    ['503', ['hook-refused']],
    ['200', []],
    ['exit code 0', []],
  ])('names a hook that was refused, though nothing was lost: %s', (detail, codes) => {
    const answered: PodEvent = { at: 1010, pod: 'pod-1', kind: 'hookAnswered', detail };
    const whole = stream(attempt({ ending: 'clean' }), { terminal: 'done' });
    const { verdict, warnings } = judge([whole], { events: [...deletedAt1000, answered] });
    expect(verdict.passed).toBe(true);
    expect(warnings.map(({ code }) => code)).toEqual(codes);
    const sentences = warnings.map(({ sentence }) => sentence).join();
    expect(sentences.includes(`hook of pod 1 was answered with ${detail}`)).toBe(codes.length > 0);
  });

  it('names idle connections that were closed without notice, though nothing was lost', () => {
    const idle = { ending: 'clean', endedAt: 1100, droppedIdleAt: 1150 } as const;
    const whole = stream(attempt(idle), { terminal: 'done' });
    expect(judge([whole]).warnings).toMatchObject([{ code: 'idle-closed-unannounced' }]);
    const before = stream(attempt({ ...idle, endedAt: 900, droppedIdleAt: 950 }), {
      terminal: 'done',
    });
    expect(judge([before]).warnings).toEqual([]);
  });

  it('says when the rehearsal itself was late, and then advises no number', () => {
    const events: PodEvent[] = [...deletedAt1000, { at: 1004, pod: 'pod-1', kind: 'exited' }];
    const broken = attempt({ startedAt: 800, endedAt: 1003, ending: 'reset', firstByteAt: 801 });
    const scene = { events, streamLength: 3000 };
    const calm = judge([stream(broken)], scene);
    expect(calm.causes[0]?.sentence).toMatch(/timeout ≥ \d/);
    const clients = [{ from: 900, to: 1200, late: 700 }];
    const late = judge([stream(broken)], {
      ...scene,
      stalls: { balancer: [], clients, kubelet: [] },
    });
    expect(late.strain).toEqual({ process: 'clients', late: 700 });
    expect(late.warnings[0]?.sentence).toContain('clients ran up to 0.7 s late');
    expect(late.causes[0]?.sentence).not.toMatch(/≥/);
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
    expect(xml).toContain('tests="3" failures="1"');
    expect(xml).toContain('<failure type="refused" message="');
    expect(xml).toContain('classname="GET /a?b=&lt;1&gt;&amp;c=2"');
  });
});

it('as JUnit is not green when nothing was judged to its end', () => {
  const ended = stream(attempt({ ending: 'clean', status: 200 }));
  expect(junit(judge([ended]))).toContain('errors="1"');
  const whole = stream(attempt({ ending: 'clean' }), { terminal: 'done' });
  expect(junit(judge([whole]))).toContain('errors="0"');
  const limited = junit(judge([whole], { stoppedAtLimit: true }));
  expect(limited).toContain('<error message="Stopped at the time limit');
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
    maxLost: 0,
    platform: 'Kubernetes',
    advice: adviceFor('nestjs-drain', platforms.kubernetes, 900),
    stalls: { balancer: [], clients: [], kubelet: [] },
    ...scene,
    streams,
    connections,
  });
}

function attempt(own: Partial<Attempt>): Attempt {
  return { ...newAttempt(own.startedAt ?? 0), pod: 'pod-1', ...own };
}

function stream(one: Attempt, own: Partial<Stream> = {}): Stream {
  const common = {
    id: 1,
    client: 1,
    kind: 'post',
    request: 'POST /',
    events: 0,
    named: false,
  } as const;
  return { ...common, connected: false, open: false, ...own, attempts: [one] };
}
