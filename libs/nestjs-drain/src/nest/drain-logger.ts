import { Inject, Injectable, Logger } from '@nestjs/common';
import { Drain } from '../core/drain.js';
import type { DrainEvent } from '../core/events.js';
import { describeReport, type DrainReport } from '../core/report.js';
import { DRAIN } from '../core/token.js';

/** ms between two progress lines. */
const progressInterval = 5000;

/** One line when the drain starts, one every 5 s while it runs, one when it ends. */
@Injectable()
export class DrainLogger {
  readonly #logger = new Logger('GracefulShutdown');
  #cancelProgress = (): void => undefined;

  constructor(@Inject(DRAIN) private readonly drain: Drain) {
    drain.events.subscribe((event) => this.#onEvent(event));
  }

  #onEvent(event: DrainEvent): void {
    if (event.type === 'started') this.#started(event.trigger);
    if (event.type === 'ended') this.#ended(event.report);
    if (event.type === 'phaseChanged' && event.phase === 'serving') this.#reset();
  }

  #started(trigger: string): void {
    const { options } = this.drain;
    this.#logger.log(
      `Shutting down (${trigger}): ${this.#whatIsLeft()}, at most ${options.timeout} s` +
        (options.propagationDelay > 0
          ? `, new streams accepted for ${options.propagationDelay} s`
          : ''),
      { trigger, ...this.#numbers() },
    );
    this.#scheduleProgress();
  }

  #scheduleProgress(): void {
    this.#cancelProgress = this.drain.clock.schedule(progressInterval, () => {
      const left = Math.round(this.drain.secondsLeft ?? 0);
      this.#logger.log(`${this.drain.phase}: ${this.#whatIsLeft()}, ${left} s to the deadline`, {
        phase: this.drain.phase,
        secondsLeft: left,
        ...this.#numbers(),
      });
      this.#scheduleProgress();
    });
  }

  #ended(report: DrainReport): void {
    this.#cancelProgress();
    const level = report.cut > 0 || report.outcome === 'timeout' ? 'warn' : 'log';
    this.#logger[level](describeReport(report), { ...report });
  }

  #reset(): void {
    this.#cancelProgress();
    this.#logger.log('The shutdown was reset: serving again');
  }

  #numbers(): Record<string, number> {
    const { streams, requests, messages, tasks } = this.drain;
    return {
      streams: streams.size,
      requests: requests.size,
      messages: messages.size,
      tasks: tasks.size,
    };
  }

  #whatIsLeft(): string {
    const entries = Object.entries(this.#numbers()).filter(([, count]) => count > 0);
    return entries.map(([name, count]) => `${count} ${name} open`).join(', ') || 'nothing open';
  }
}
