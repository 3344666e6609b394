import { Inject, Injectable } from '@nestjs/common';
import {
  failure,
  type ManagementAnswer,
  type ManagementCall,
  type ManagementHandler,
  ManagementRoutes,
} from '../compat/management-routes.js';
import { Drain } from '../core/drain.js';
import { DrainResetError, ResetRefusedError } from '../core/phase.js';
import { describeReport, type DrainReport } from '../core/report.js';
import { DRAIN, MANAGEMENT_ROUTES } from '../core/tokens.js';
import { Access, type ControlAction, isKubelet } from './access.js';
import { CONTROL_OPTIONS, type ControlOptions } from './options.js';
import { StatusFeed, statusPage } from './status/status-feed.js';

type Body = Record<string, unknown>;

/** The routes under `/shutdown`: wait, initiate, status, reset, and the status page with its feed. */
@Injectable()
export class ShutdownRoutes {
  readonly #access: Access;

  constructor(
    @Inject(DRAIN) private readonly drain: Drain,
    @Inject(CONTROL_OPTIONS) options: ControlOptions | false,
    @Inject(MANAGEMENT_ROUTES) private readonly routes: ManagementRoutes,
    private readonly feed: StatusFeed,
  ) {
    this.#access = new Access(options || {});
    if (options !== false) this.#add(options);
  }

  #add({ path = 'shutdown', reset = false }: ControlOptions): void {
    const route = (
      name: string,
      methods: { get?: ManagementHandler; post?: ManagementHandler },
    ): void => this.routes.add({ path: `${path}${name}`, option: 'control.path', ...methods });
    const state = this.#for('look', () => ok(this.#state()));
    const page = this.#for('page', statusPage);
    route('', { get: (call) => (isForPeople(call) ? page(call) : state(call)) });
    route('/feed', { get: this.#for('look', (call) => this.feed.watch(call)) });
    route('/status', { get: state });
    route('/wait', {
      get: this.#for('wait', (call) => this.#wait(call)),
      post: this.#for('change', (call) => this.#wait(call)),
    });
    route('/initiate', { post: this.#for('change', () => this.#initiate()) });
    if (reset) route('/reset', { post: this.#for('change', () => this.#reset()) });
  }

  /** Asks who calls before anything changes. */
  #for(action: ControlAction, handler: ManagementHandler): ManagementHandler {
    return (call) => {
      const refusal = this.#access.refusalOf(call, action);
      return refusal === undefined ? handler(call) : failure(403, refusal);
    };
  }

  /** For preStop. The kubelet sends GET, reads no status, and may send it again: it joins. */
  async #wait({ request, response }: ManagementCall): Promise<ManagementAnswer> {
    if (isKubelet(request)) response.once('close', this.drain.kubeletWaits());
    try {
      return ok(waitResult(await this.drain.start('wait'), this.drain.streams.size));
    } catch (error) {
      return conflict(error);
    }
  }

  #initiate(): ManagementAnswer {
    const status = this.drain.isShuttingDown ? 'already_shutting_down' : 'shutdown_initiated';
    void this.drain.start('initiate');
    return ok({ status, ...this.#state() });
  }

  #reset(): ManagementAnswer {
    try {
      this.drain.reset();
    } catch (error) {
      return conflict(error);
    }
    return ok(this.#state());
  }

  #state(): Body {
    const { phase, isShuttingDown, streams, requests, messages, tasks, secondsLeft, options } =
      this.drain;
    return {
      phase,
      shutting_down: isShuttingDown,
      active_streams: streams.size,
      in_flight_requests: requests.size,
      in_flight_messages: messages.size,
      running_tasks: tasks.size,
      seconds_left: secondsLeft ?? null,
      // What the service was started with: `nestjs-drain check --url` compares manifests with it.
      timeout_seconds: options.timeout,
      propagation_delay_seconds: options.propagationDelay,
      flush_timeout_seconds: options.flushTimeout,
      termination_grace_period_seconds: options.terminationGracePeriod ?? null,
    };
  }
}

/** Browsers ask for HTML by name; curl and scripts take anything, and want to read the state. */
const isForPeople = ({ request }: ManagementCall): boolean =>
  request.headers.accept?.toLowerCase().includes('text/html') === true;

const ok = (body: Body): ManagementAnswer => ({ status: 200, body });

function conflict(error: unknown): ManagementAnswer {
  if (error instanceof DrainResetError || error instanceof ResetRefusedError) {
    return failure(409, error.message);
  }
  throw error;
}

/** What `wait` answers: the report in the wire's naming, with Chat Shell's fields first. */
function waitResult(report: DrainReport, activeStreams: number): Body {
  return {
    status: report.outcome,
    message: describeReport(report),
    active_streams: activeStreams,
    cancelled_streams: report.cancelled + report.cut,
    waited_seconds: Number(report.waitedSeconds.toFixed(3)),
    trigger: report.trigger,
    active_before: report.activeBefore,
    admitted: report.admitted,
    refused: report.refused,
    completed: report.completed,
    abandoned: report.abandoned,
    reconnect: report.reconnect,
    cancelled: report.cancelled,
    handed_off: report.handedOff,
    cut: report.cut,
    unfinished: report.unfinished,
    ...(report.untold === undefined
      ? {}
      : { untold: report.untold, needed_grace_period: report.neededGracePeriod }),
  };
}
