import type { Meter } from '@opentelemetry/api';
import type { Drain } from '../core/drain.js';
import type { DrainPhase } from '../core/phase.js';
import { boundariesOfSeconds, StreamInstruments } from './stream-instruments.js';

const phases: readonly DrainPhase[] = ['serving', 'lameDuck', 'draining', 'drained'];

/**
 * The drain as OpenTelemetry instruments. The names are those of `nestjs-drain/metrics` as
 * Prometheus exporters translate them, so that dashboards and alerts serve both.
 */
export function instrument(meter: Meter, drain: Drain): void {
  new StreamInstruments(meter, drain);
  observePhase(meter, drain);
  observeBounds(meter, drain);
  const inFlight = 'Requests being answered, without streams and probes.';
  observeWork(meter, 'in_flight_requests', inFlight, () => drain.requests.size);
  const handled = 'Messages being handled, of queues and remote calls.';
  observeWork(meter, 'in_flight_messages', handled, () => drain.messages.size);
  const running = 'Background tasks that the drain waits for.';
  observeWork(meter, 'running_tasks', running, () => drain.tasks.size);
  recordDuration(meter, drain);
}

function observePhase(meter: Meter, drain: Drain): void {
  const gauge = meter.createObservableGauge('nestjs_drain.phase', {
    description: 'Where the process stands: 1 for its phase, 0 for the others.',
  });
  gauge.addCallback((result) => {
    for (const phase of phases) result.observe(drain.phase === phase ? 1 : 0, { phase });
  });
}

function observeBounds(meter: Meter, drain: Drain): void {
  const timeout = meter.createObservableGauge('nestjs_drain.timeout', {
    description: 'The bound of a drain, from its first trigger to its deadline.',
    unit: 's',
  });
  timeout.addCallback((result) => result.observe(drain.options.timeout));
  const delay = meter.createObservableGauge('nestjs_drain.propagation_delay', {
    description: 'How long new streams are still let in after the first trigger.',
    unit: 's',
  });
  delay.addCallback((result) => result.observe(drain.options.propagationDelay));
  const remaining = meter.createObservableGauge('nestjs_drain.deadline.remaining', {
    description: 'Until open streams are cancelled. Absent while serving and after the drain.',
    unit: 's',
  });
  remaining.addCallback((result) => {
    if (drain.secondsLeft !== undefined) result.observe(drain.secondsLeft);
  });
}

function observeWork(meter: Meter, name: string, description: string, read: () => number): void {
  const counter = meter.createObservableUpDownCounter(`nestjs_drain.${name}`, { description });
  counter.addCallback((result) => result.observe(read()));
}

function recordDuration(meter: Meter, drain: Drain): void {
  const histogram = meter.createHistogram('nestjs_drain.duration', {
    description: 'From the first trigger of a drain to its end.',
    unit: 's',
    advice: { explicitBucketBoundaries: boundariesOfSeconds },
  });
  drain.events.subscribe((event) => {
    if (event.type !== 'ended') return;
    histogram.record(event.report.waitedSeconds, { outcome: event.report.outcome });
  });
}
