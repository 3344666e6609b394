import { SpanStatusCode, trace, type Span, type Tracer } from '@opentelemetry/api';
import type { Drain } from '../core/drain.js';
import type { DrainEvent } from '../core/events.js';
import type { DrainReport } from '../core/report.js';
import type { StreamInfo } from '../core/stream.js';

/**
 * One span per drain, with the phases as its events. The spans in which streams were admitted, such
 * as those of an HTTP instrumentation, get a link to it when the drain ends their stream.
 */
export class DrainSpan {
  readonly #spanOf = new WeakMap<StreamInfo, Span>();
  #span: Span | undefined;

  constructor(
    private readonly tracer: Tracer,
    drain: Drain,
  ) {
    drain.events.subscribe((event) => this.#onEvent(event));
  }

  #onEvent(event: DrainEvent): void {
    switch (event.type) {
      case 'admitted':
        return this.#remember(event.stream);
      case 'phaseChanged':
        if (event.previous === 'serving')
          this.#span = this.tracer.startSpan('drain', { root: true });
        this.#span?.addEvent(event.phase);
        if (event.phase === 'serving') this.#end();
        return;
      case 'started':
        this.#span?.setAttribute('nestjs_drain.trigger', event.trigger);
        return;
      case 'joined':
        this.#span?.addEvent('joined', { 'nestjs_drain.trigger': event.trigger });
        return;
      case 'interrupted':
        return this.#link(event);
      case 'ended':
        return this.#conclude(event.report);
    }
  }

  #remember(stream: StreamInfo): void {
    const span = trace.getActiveSpan();
    if (span) this.#spanOf.set(stream, span);
  }

  /** Now, not at the stream's release: its span ends with the response. */
  #link({ stream, cause }: Extract<DrainEvent, { type: 'interrupted' }>): void {
    if (!this.#span) return;
    this.#spanOf.get(stream)?.addLink({
      context: this.#span.spanContext(),
      attributes: { 'nestjs_drain.cause': cause },
    });
  }

  #conclude(report: DrainReport): void {
    this.#span?.setAttributes({
      'nestjs_drain.outcome': report.outcome,
      'nestjs_drain.streams.active_before': report.activeBefore,
      'nestjs_drain.streams.admitted': report.admitted,
      'nestjs_drain.streams.refused': report.refused,
      'nestjs_drain.streams.completed': report.completed,
      'nestjs_drain.streams.abandoned': report.abandoned,
      'nestjs_drain.streams.reconnect': report.reconnect,
      'nestjs_drain.streams.cancelled': report.cancelled,
      'nestjs_drain.streams.handed_off': report.handedOff,
      'nestjs_drain.streams.cut': report.cut,
    });
    if (report.cut > 0) {
      this.#span?.setStatus({
        code: SpanStatusCode.ERROR,
        message: `Streams were cut: ${report.cut}`,
      });
    }
    this.#end();
  }

  #end(): void {
    this.#span?.end();
    this.#span = undefined;
  }
}
