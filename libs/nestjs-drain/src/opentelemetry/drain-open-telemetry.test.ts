import type { ServerResponse } from 'node:http';
import { Controller, Sse, type MessageEvent } from '@nestjs/common';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  InMemorySpanExporter,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base';
import { Test } from '@nestjs/testing';
import { Registry } from 'prom-client';
import { NEVER, startWith, type Observable } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Drain } from '../core/drain.js';
import { resolveDrainOptions } from '../core/options.js';
import { DRAIN } from '../core/tokens.js';
import { DrainableStream, GracefulShutdownModule } from '../index.js';
import { DrainMetrics } from '../metrics/drain-metrics.js';
import { ManualClock } from 'nestjs-drain-resume/testing';
import { admitted, ScriptedStream } from '../../test/support/scripted-stream.js';
import { DrainOpenTelemetryModule } from './index.js';

@Controller()
class AnswerController {
  @Sse('answer')
  @DrainableStream()
  answer(): Observable<MessageEvent> {
    return NEVER.pipe(startWith({ data: 'begun' }));
  }
}

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});
afterAll(() => context.disable());

/** An SDK that exports only when it is flushed. */
function setUpSdk() {
  const spans = new InMemorySpanExporter();
  const numbers = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const day = 86_400_000;
  const tracerProvider = new BasicTracerProvider({
    spanProcessors: [new BatchSpanProcessor(spans, { scheduledDelayMillis: day })],
  });
  const meterProvider = new MeterProvider({
    readers: [new PeriodicExportingMetricReader({ exporter: numbers, exportIntervalMillis: day })],
  });
  return { spans, numbers, tracerProvider, meterProvider };
}

type Sdk = ReturnType<typeof setUpSdk>;

async function start(sdk: Sdk, drain: Drain) {
  const { tracerProvider, meterProvider } = sdk;
  const module = await Test.createTestingModule({
    imports: [
      GracefulShutdownModule.forRoot({ signals: false }),
      DrainOpenTelemetryModule.forRoot({ tracerProvider, meterProvider }),
      DrainOpenTelemetryModule.forRoot({ tracerProvider, meterProvider }),
    ],
    controllers: [AnswerController],
  })
    .overrideProvider(DRAIN)
    .useValue(drain)
    .compile();
  const application = module.createNestApplication({ logger: false });
  const tracer = tracerProvider.getTracer('http-instrumentation');
  application.use((_: unknown, response: ServerResponse, next: () => void) => {
    const span = tracer.startSpan('GET /answer');
    response.once('close', () => span.end());
    context.with(trace.setSpan(context.active(), span), next);
  });
  await application.listen(0, '127.0.0.1');
  return { application, url: await application.getUrl() };
}

function setUpDrain() {
  const clock = new ManualClock();
  return { clock, drain: new Drain(resolveDrainOptions({ timeout: 10, flushTimeout: 2 }), clock) };
}

async function closeWith(clock: ManualClock, closing: Promise<void>): Promise<void> {
  let closed = false;
  void closing.then(() => (closed = true));
  while (!closed) await clock.advanceAsync(1_000);
}

/** Every data point as `name{attributes}`; of histograms the count. */
function points({ numbers }: Sdk): Record<string, number> {
  const last = numbers.getMetrics().at(-1);
  const all = (last?.scopeMetrics ?? []).flatMap(({ metrics }) => metrics);
  const entries = all.flatMap(({ descriptor, dataPoints }) =>
    dataPoints.map(({ attributes, value }): [string, number] => [
      `${descriptor.name}{${Object.values(attributes).map(String).join()}}`,
      typeof value === 'number' ? value : value.count,
    ]),
  );
  return Object.fromEntries(entries);
}

describe('the drain in OpenTelemetry', () => {
  it('sends its span, its last numbers and the link of a cancelled stream before the exit', async () => {
    const sdk = setUpSdk();
    const { clock, drain } = setUpDrain();
    const { application, url } = await start(sdk, drain);
    const response = await fetch(`${url}/answer`);
    const text = response.text();
    await closeWith(clock, application.close());
    await text;

    const spanOf = (name: string) =>
      sdk.spans.getFinishedSpans().find((span) => span.name === name) as ReadableSpan;
    const drainSpan = spanOf('drain');
    expect(drainSpan.events.map(({ name }) => name)).toEqual(['lameDuck', 'draining', 'drained']);
    expect(drainSpan.attributes).toMatchObject({
      'nestjs_drain.trigger': 'close',
      'nestjs_drain.outcome': 'timeout',
      'nestjs_drain.streams.cancelled': 1,
    });
    expect(spanOf('GET /answer').links).toMatchObject([
      {
        context: { spanId: drainSpan.spanContext().spanId },
        attributes: { 'nestjs_drain.cause': 'deadline' },
      },
    ]);
    expect(points(sdk)).toMatchObject({
      'nestjs_drain.phase{drained}': 1,
      'nestjs_drain.duration{timeout}': 1,
      'nestjs_drain.streams.admitted{finite,GET /answer}': 1,
      'nestjs_drain.streams.ended{finite,GET /answer,cancelled}': 1,
      'nestjs_drain.streams.ended{finite,GET /answer,cut}': 0,
      'nestjs_drain.stream.duration{finite,GET /answer}': 1,
      'nestjs_drain.active_streams{finite,GET /answer}': 0,
    });
  });

  it('has the instruments of nestjs-drain/metrics, under the names that Prometheus gives them', async () => {
    const sdk = setUpSdk();
    const { clock, drain } = setUpDrain();
    const { application } = await start(sdk, drain);
    const registry = new Registry();
    DrainMetrics.in(registry, 'nestjs_drain_').observe(drain);
    admitted(drain.streams).close();
    admitted(drain.streams);
    void drain.start('SIGTERM');
    new ScriptedStream().requestFrom(drain.streams);
    await sdk.meterProvider.forceFlush();
    const during = sdk.numbers.getMetrics();
    await closeWith(clock, application.close());

    const exported = [...during, ...sdk.numbers.getMetrics()]
      .flatMap(({ scopeMetrics }) => scopeMetrics)
      .flatMap(({ metrics }) => metrics)
      .map(({ descriptor: { name, unit }, ...data }) => {
        const suffixes = [
          unit === 's' ? '_seconds' : '',
          'isMonotonic' in data && data.isMonotonic ? '_total' : '',
        ];
        return name.replaceAll('.', '_') + suffixes.join('');
      });
    const registered = (await registry.getMetricsAsJSON()).map(({ name }) => name);
    expect([...new Set(exported)].sort()).toEqual(registered.sort());
  });

  it('ends the span of a drain that was taken back, and begins a new one for the next', async () => {
    const sdk = setUpSdk();
    const { clock, drain } = setUpDrain();
    const { application } = await start(sdk, drain);
    const stream = admitted(drain.streams);
    drain.start('initiate').catch(() => undefined);
    drain.reset();
    void drain.start('SIGTERM');
    stream.close();
    await closeWith(clock, application.close());
    const drains = sdk.spans.getFinishedSpans().filter(({ name }) => name === 'drain');
    expect(drains.map(({ events }) => events.map(({ name }) => name))).toEqual([
      ['lameDuck', 'draining', 'serving'],
      ['lameDuck', 'draining', 'joined', 'drained'],
    ]);
  });

  it('marks the span of a drain that cut streams as an error', async () => {
    const sdk = setUpSdk();
    const { clock, drain } = setUpDrain();
    const { application } = await start(sdk, drain);
    admitted(drain.streams);
    await closeWith(clock, application.close());
    const span = sdk.spans.getFinishedSpans().find(({ name }) => name === 'drain');
    expect(span?.status).toEqual({ code: 2, message: 'Streams were cut: 1' });
  });
});
