import type { Meter } from '@opentelemetry/api';
import type { Drain } from '../core/drain.js';
import { drainDuration, phase, phases, readings } from '../core/metric-definitions.js';
import { histogramOf, nameOf, wordsOf } from './instrument-options.js';
import { StreamInstruments } from './stream-instruments.js';

/**
 * The drain as OpenTelemetry instruments. The names are those of `nestjs-drain/metrics` as
 * Prometheus exporters translate them, so that dashboards and alerts serve both.
 */
export function instrument(meter: Meter, drain: Drain): void {
  new StreamInstruments(meter, drain);
  observePhase(meter, drain);
  observeReadings(meter, drain);
  recordDuration(meter, drain);
}

function observePhase(meter: Meter, drain: Drain): void {
  const gauge = meter.createObservableGauge(nameOf(phase), wordsOf(phase));
  gauge.addCallback((result) => {
    for (const one of phases) result.observe(drain.phase === one ? 1 : 0, { phase: one });
  });
}

function observeReadings(meter: Meter, drain: Drain): void {
  for (const reading of readings) {
    const observed = reading.addsUp
      ? meter.createObservableUpDownCounter(nameOf(reading), wordsOf(reading))
      : meter.createObservableGauge(nameOf(reading), wordsOf(reading));
    observed.addCallback((result) => {
      const value = reading.read(drain);
      if (value !== undefined) result.observe(value);
    });
  }
}

function recordDuration(meter: Meter, drain: Drain): void {
  const histogram = meter.createHistogram(nameOf(drainDuration), histogramOf(drainDuration));
  drain.events.subscribe((event) => {
    if (event.type !== 'ended') return;
    histogram.record(event.report.waitedSeconds, { outcome: event.report.outcome });
  });
}
