import { Registry } from 'prom-client';
import { describe, expect, it } from '@jest/globals';
import { Drain } from '../core/drain.js';
import { resolveDrainOptions, type DrainOptions } from '../core/options.js';
import { ManualClock } from 'nestjs-drain-resume/testing';
import { admitted, ScriptedStream } from '../../test/support/scripted-stream.js';
import { DrainMetrics } from './drain-metrics.js';

const prefix = 'nestjs_drain_';

function setUp(options: DrainOptions = {}) {
  const clock = new ManualClock(5_000);
  const registry = new Registry();
  const drain = new Drain(resolveDrainOptions({ timeout: 10, flushTimeout: 2, ...options }), clock);
  DrainMetrics.in(registry, prefix).observe(drain);
  /** The samples whose name starts so, without the prefix. */
  const scrape = async (name: string): Promise<Record<string, number>> => {
    const lines = (await registry.metrics()).split('\n');
    const samples = lines.filter((line) => line.startsWith(`${prefix}${name}`));
    return Object.fromEntries(
      samples.map((line) => {
        const space = line.lastIndexOf(' ');
        return [line.slice(prefix.length, space), Number(line.slice(space + 1))];
      }),
    );
  };
  return { clock, registry, drain, scrape };
}

const labels = 'kind="finite",route="/scripted"';

describe('the drain in a Prometheus registry', () => {
  it('shows the phase as a state set: one of four is 1, in every phase', async () => {
    const { clock, drain, scrape } = setUp({ propagationDelay: 1 });
    const stream = admitted(drain.streams);
    const seen: string[] = [];
    const look = async () => {
      const states = Object.entries(await scrape('phase'));
      expect(states).toHaveLength(4);
      seen.push(states.filter(([, value]) => value === 1).join());
    };
    await look();
    void drain.start('SIGTERM');
    await look();
    await clock.advanceAsync(1_000);
    await look();
    stream.close();
    await clock.advanceAsync(0);
    await look();
    const phases = ['serving', 'lameDuck', 'draining', 'drained'];
    expect(seen).toEqual(phases.map((phase) => `phase{phase="${phase}"},1`));
  });

  it('begins every series of a route at 0, so that its first increase is seen', async () => {
    const { drain, scrape } = setUp();
    admitted(drain.streams);
    const ended = await scrape('streams_ended_total');
    expect(ended).toEqual(
      Object.fromEntries(
        ['completed', 'abandoned', 'reconnect', 'cancelled', 'handedOff', 'cut'].map((outcome) => [
          `streams_ended_total{${labels},outcome="${outcome}"}`,
          0,
        ]),
      ),
    );
    expect(await scrape('streams_refused_total')).toEqual({
      [`streams_refused_total{${labels},reason="draining"}`]: 0,
      [`streams_refused_total{${labels},reason="drained"}`]: 0,
    });
  });

  it('counts what becomes of each stream, by kind, route and outcome', async () => {
    const { clock, drain, scrape } = setUp();
    admitted(drain.streams).close();
    admitted(drain.streams, 'subscription', { onEnd: 'deliver' });
    admitted(drain.streams, 'finite', { onEnd: 'deliver' });
    admitted(drain.streams, 'finite', { onEnd: 'stall' });
    void drain.start('SIGTERM');
    new ScriptedStream().requestFrom(drain.streams);
    await clock.advanceAsync(12_000);
    const ended = Object.entries(await scrape('streams_ended_total'));
    expect(ended.filter(([, value]) => value > 0).sort()).toEqual([
      [`streams_ended_total{${labels},outcome="cancelled"}`, 1],
      [`streams_ended_total{${labels},outcome="completed"}`, 1],
      [`streams_ended_total{${labels},outcome="cut"}`, 1],
      ['streams_ended_total{kind="subscription",route="/scripted",outcome="reconnect"}', 1],
    ]);
    expect(await scrape('streams_admitted_total')).toMatchObject({
      [`streams_admitted_total{${labels}}`]: 3,
    });
    expect(await scrape('streams_refused_total')).toMatchObject({
      [`streams_refused_total{${labels},reason="draining"}`]: 1,
    });
  });

  it('counts resumed streams', async () => {
    const { drain, scrape } = setUp();
    const { handle } = admitted(drain.streams);
    drain.events.emit({ type: 'resumed', stream: handle });
    expect(await scrape('streams_resumed_total')).toEqual({
      [`streams_resumed_total{${labels}}`]: 1,
    });
  });

  it('shows the open streams of the moment of the scrape, down to 0', async () => {
    const { drain, scrape } = setUp();
    const [first, second] = [admitted(drain.streams), admitted(drain.streams)];
    const active = async () => (await scrape('active_streams'))[`active_streams{${labels}}`];
    expect(await active()).toBe(2);
    first.close();
    expect(await active()).toBe(1);
    second.close();
    expect(await active()).toBe(0);
  });

  it('measures how long streams and the drain took, in seconds', async () => {
    const { clock, drain, scrape } = setUp();
    const stream = admitted(drain.streams);
    await clock.advanceAsync(7_000);
    void drain.start('SIGTERM');
    await clock.advanceAsync(4_000);
    stream.close();
    await clock.advanceAsync(0);
    expect(await scrape('stream_duration_seconds')).toMatchObject({
      [`stream_duration_seconds_sum{${labels}}`]: 11,
      [`stream_duration_seconds_bucket{le="10",${labels}}`]: 0,
      [`stream_duration_seconds_bucket{le="20",${labels}}`]: 1,
    });
    expect(await scrape('duration_seconds_sum')).toEqual({
      'duration_seconds_sum{outcome="completed"}': 4,
    });
  });

  it('shows the seconds left while a drain runs, and no number when there is none', async () => {
    const { clock, drain, scrape } = setUp();
    admitted(drain.streams);
    expect(await scrape('deadline_remaining_seconds')).toEqual({});
    expect(await scrape('timeout_seconds')).toEqual({ timeout_seconds: 10 });
    void drain.start('SIGTERM');
    await clock.advanceAsync(4_000);
    expect(await scrape('deadline_remaining_seconds')).toEqual({ deadline_remaining_seconds: 6 });
    await clock.advanceAsync(8_000);
    expect(await scrape('deadline_remaining_seconds')).toEqual({});
  });

  it('shows requests and messages in flight and running tasks', async () => {
    const { drain, scrape } = setUp();
    drain.requests.enter({});
    drain.messages.enter({});
    drain.tasks.enter({});
    expect(await scrape('in_flight_requests')).toEqual({ in_flight_requests: 1 });
    expect(await scrape('in_flight_messages')).toEqual({ in_flight_messages: 1 });
    expect(await scrape('running_tasks')).toEqual({ running_tasks: 1 });
  });

  it('counts once when it is asked for twice', async () => {
    const { drain, registry, scrape } = setUp();
    DrainMetrics.in(registry, prefix).observe(drain);
    admitted(drain.streams);
    expect(await scrape('streams_admitted_total')).toEqual({
      [`streams_admitted_total{${labels}}`]: 1,
    });
  });

  it('comes back into a registry that was cleared', async () => {
    const { drain, registry } = setUp();
    registry.clear();
    DrainMetrics.in(registry, prefix).observe(drain);
    expect(await registry.metrics()).toContain('nestjs_drain_phase{phase="serving"} 1');
  });

  it('carries the default labels of the registry it lives in', async () => {
    const { drain, registry, scrape } = setUp();
    registry.setDefaultLabels({ service: 'chat' });
    admitted(drain.streams);
    await registry.metrics();
    admitted(drain.streams);
    expect(await scrape('active_streams')).toEqual({
      [`active_streams{${labels},service="chat"}`]: 2,
    });
  });
});
