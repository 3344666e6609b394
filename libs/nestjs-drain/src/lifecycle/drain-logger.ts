import { Inject, Injectable } from '@nestjs/common';
import { DrainLog, type Fields, type Level, writeLine } from '../compat/nest-logger.js';
import { Drain } from '../core/drain.js';
import { countOf, namesOf } from '../core/phrases.js';
import { describeReport, type DrainReport, type StreamOutcome } from '../core/report.js';
import type { StreamInfo } from '../core/stream.js';
import { DRAIN } from '../core/tokens.js';
import { unfinishedHint } from './unfinished-work.js';

/** ms between two progress lines. */
const progressInterval = 5000;

/**
 * One line when the drain starts, one for each trigger that joins, one every 5 s while it runs, one
 * when it ends, and one for each bound that was too short.
 */
@Injectable()
export class DrainLogger {
  readonly #logger = new DrainLog('GracefulShutdown');
  readonly #losses: LossReport;
  #cancelProgress = (): void => undefined;

  constructor(@Inject(DRAIN) private readonly drain: Drain) {
    this.#losses = new LossReport(drain);
    const { events } = drain;
    events.on('started', ({ trigger }) => this.#started(trigger));
    events.on('joined', ({ trigger }) => this.#joined(trigger));
    events.on('phaseChanged', ({ phase }) => {
      if (phase === 'serving') this.#reset();
      if (phase === 'draining') this.#lookAhead();
    });
    events.on('ended', ({ report }) => this.#ended(report));
  }

  #started(trigger: string): void {
    const { options, propagationDelay } = this.drain;
    const { timeout, development } = options;
    const bounds =
      `at most ${timeout} s` +
      (propagationDelay > 0 ? `, new streams accepted for ${propagationDelay} s` : '');
    this.#write(
      'log',
      `Shutting down (${trigger}): ${this.#whatIsLeft()}, ${development ? 'all ends now' : bounds}`,
      { event: 'started', trigger, timeout, propagationDelay, ...this.#numbers() },
    );
    this.#scheduleProgress();
  }

  /** A later trigger changes nothing; an operator wants to know that it came, and when. */
  #joined(trigger: string): void {
    const { phase, secondsLeft } = this.drain;
    const left = secondsLeft === undefined ? undefined : Math.round(secondsLeft);
    this.#write(
      'log',
      `${trigger} joins the shutdown` + (left === undefined ? '' : `, ${left} s to the deadline`),
      { event: 'joined', trigger, phase, secondsLeft: left },
    );
  }

  /** Where so many streams are open that the deadline alone would be too late to end them. */
  #lookAhead(): void {
    const { outlook, options } = this.drain;
    if (!outlook || outlook.lead === 0 || options.development) return;
    const { streams: open, seconds, lead, neededGracePeriod } = outlook;
    const fields = { event: 'outlook', streams: open, seconds, lead, neededGracePeriod };
    const many =
      `${open} streams are open. To end them all may take ${seconds.toFixed(1)} s, so their farewells begin ` +
      `${lead.toFixed(1)} s before the deadline, if they are still open then`;
    if (neededGracePeriod === undefined) return this.#write('log', many, fields);
    return this.#write(
      'warn',
      `${many}. This may be too late for the last of them: ${moreGrace(neededGracePeriod)}.`,
      fields,
    );
  }

  #scheduleProgress(): void {
    this.#cancelProgress = this.drain.clock.schedule(progressInterval, () => {
      const { phase, secondsLeft = 0 } = this.drain;
      const left = Math.round(secondsLeft);
      this.#write(
        'log',
        `${phase}: ${this.#whatIsLeft()}${this.#oldest()}, ` +
          (secondsLeft > 0 ? `${left} s to the deadline` : 'the deadline has passed'),
        { event: 'progress', phase, secondsLeft: left, ...this.#numbers() },
      );
      this.#scheduleProgress();
    });
  }

  #ended(report: DrainReport): void {
    this.#cancelProgress();
    const hints = this.#losses.hints(report);
    const level = hints.length > 0 ? 'warn' : 'log';
    const waitedSeconds = Number(report.waitedSeconds.toFixed(3));
    this.#write(level, describeReport(report), { event: 'ended', ...report, waitedSeconds });
    for (const { message, ...fields } of hints) {
      this.#write('warn', message, { event: 'hint', ...fields });
    }
  }

  #reset(): void {
    this.#cancelProgress();
    this.#write('log', 'The shutdown was reset: serving again', { event: 'reset' });
  }

  #write(level: Level, message: string, fields: Fields): void {
    writeLine(this.#logger, level, message, fields);
  }

  #numbers(): Record<string, number> {
    const { streams, counted } = this.drain;
    return {
      streams: streams.size,
      ...Object.fromEntries(counted.map((work) => [work.name, work.size])),
    };
  }

  #whatIsLeft(): string {
    const open = Object.entries(this.#numbers()).filter(([, count]) => count > 0);
    const phrases = open.map(([name, count]) => countOf(count, name));
    return phrases.length > 0 ? `${phrases.join(', ')} open` : 'nothing open';
  }

  /** A registry is in the order of admission. */
  #oldest(): string {
    const [oldest] = this.drain.streams;
    if (!oldest) return '';
    const age = oldest.ageAt(this.drain.clock.now());
    return ` (the oldest stream for ${age.toFixed(0)} s, ${oldest.route})`;
  }
}

/** What was lost, and which bound would have kept it. */
export interface Hint {
  readonly message: string;
  /** The option that was too short, or is missing. */
  readonly option: 'timeout' | 'flushTimeout' | 'terminationGracePeriod' | 'farewell';
  /** Its value, in seconds; undefined where it is not set, and for `farewell`. */
  readonly value: number | undefined;
  readonly count: number;
  /** The stream among them that had been open longest; in seconds. */
  readonly longest?: { readonly route: string; readonly age: number } | undefined;
}

type Loss = 'cancelled' | 'cut' | 'withoutFarewell';

/** The streams that one drain could not let finish. */
export class LossReport {
  readonly #longest = new Map<Loss, { readonly route: string; readonly age: number }>();
  readonly #routesWithoutFarewell = new Set<string>();
  #withoutFarewell = 0;

  constructor(private readonly drain: Drain) {
    drain.events.on('started', () => this.#clear());
    drain.events.on('released', ({ stream, outcome }) => this.#onReleased(stream, outcome));
  }

  hints(report: DrainReport): Hint[] {
    // No bound was too short: in development the developer wants it so.
    if (this.drain.options.development) return [];
    const unfinished = Object.values(report.unfinished).reduce((sum, count) => sum + count, 0);
    const hints: Hint[] = [];
    if (report.cancelled > 0) hints.push(this.#cancelled(report.cancelled));
    const { cut, untold = 0, neededGracePeriod = 0 } = report;
    const withoutFarewell = this.#withoutFarewell;
    const late = cut - untold - withoutFarewell;
    if (withoutFarewell > 0) hints.push(this.#cutWithoutFarewell(withoutFarewell));
    if (late > 0) hints.push(this.#cut(late));
    if (untold > 0) hints.push(this.#untold(untold, neededGracePeriod));
    if (unfinished > 0) hints.push(this.#unfinished(unfinished, report));
    return hints;
  }

  #clear(): void {
    this.#longest.clear();
    this.#routesWithoutFarewell.clear();
    this.#withoutFarewell = 0;
  }

  #onReleased(stream: StreamInfo, outcome: StreamOutcome): void {
    if (outcome !== 'cancelled' && outcome !== 'cut') return;
    const loss = outcome === 'cut' && stream.lacksFarewell ? 'withoutFarewell' : outcome;
    if (loss === 'withoutFarewell') {
      this.#withoutFarewell += 1;
      this.#routesWithoutFarewell.add(stream.route);
    }
    const age = stream.ageAt(this.drain.clock.now());
    if (age > (this.#longest.get(loss)?.age ?? -1)) {
      this.#longest.set(loss, { route: stream.route, age: Number(age.toFixed(3)) });
    }
  }

  #cancelled(count: number): Hint {
    const { timeout } = this.drain.options;
    return {
      message:
        `${streams(count)} reached the deadline and got a farewell${this.#oldest('cancelled')}. ` +
        `\`timeout\` (${timeout} s) was too short: set it above the length of your streams, and ` +
        'terminationGracePeriodSeconds to at least `timeout` + `flushTimeout` + 5.',
      option: 'timeout',
      value: timeout,
      count,
      longest: this.#longest.get('cancelled'),
    };
  }

  #cutWithoutFarewell(count: number): Hint {
    const routes = namesOf([...this.#routesWithoutFarewell], 'other routes');
    return {
      message:
        `${streams(count)} cut at the deadline${this.#oldest('withoutFarewell')}: no farewell could be sent, and ` +
        'without one a clean end would pass for a whole answer. ' +
        `If the answers are bytes, set \`farewell\` on ${routes} to a text or bytes. ` +
        'If they are events that the handler writes itself, write each in one piece. ' +
        `If they take longer than \`timeout\` (${this.drain.options.timeout} s), raise it.`,
      option: 'farewell',
      value: undefined,
      count,
      longest: this.#longest.get('withoutFarewell'),
    };
  }

  #cut(count: number): Hint {
    const { flushTimeout, timeout } = this.drain.options;
    return {
      message:
        `${streams(count)} cut${this.#oldest('cut')}: the last bytes had not left within \`flushTimeout\` (${flushTimeout} s), ` +
        'or the connection broke before. If the clients read slowly, raise it. ' +
        `If the answers take longer than \`timeout\` (${timeout} s), raise that.`,
      option: 'flushTimeout',
      value: flushTimeout,
      count,
      longest: this.#longest.get('cut'),
    };
  }

  #untold(count: number, neededGracePeriod: number): Hint {
    return {
      message:
        `${streams(count)} cut before the drain came to them${this.#oldest('cut')}: so many were open that the time ` +
        `was over first. ${moreGrace(neededGracePeriod)}.`,
      option: 'terminationGracePeriod',
      value: this.drain.options.terminationGracePeriod,
      count,
      longest: this.#longest.get('cut'),
    };
  }

  #unfinished(count: number, report: DrainReport): Hint {
    return {
      message: unfinishedHint(this.drain, report),
      option: 'timeout',
      value: this.drain.options.timeout,
      count,
    };
  }

  #oldest(loss: Loss): string {
    const longest = this.#longest.get(loss);
    return longest ? `; the oldest had run ${longest.age.toFixed(0)} s (${longest.route})` : '';
  }
}

/** @param seconds that would suffice */
const moreGrace = (seconds: number): string =>
  `Set terminationGracePeriodSeconds, and the option \`terminationGracePeriod\`, to at least ${seconds}, or ` +
  'run more replicas with fewer streams each';

const streams = (count: number): string => countOf(count, 'streams');
