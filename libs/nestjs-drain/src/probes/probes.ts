import { createRequire } from 'node:module';
import { HttpException, Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { LazyModuleLoader } from '@nestjs/core';
import type { HealthCheckService, HealthIndicatorFunction } from '@nestjs/terminus';
import { ManagementRoutes, type ManagementAnswer } from '../compat/management-routes.js';
import { ifInstalled } from '../compat/optional-package.js';
import { Drain } from '../core/drain.js';
import {
  either,
  list,
  routePath,
  seconds,
  unlessFalse,
  type OptionChecks,
} from '../core/option-checks.js';
import { DRAIN, MANAGEMENT_ROUTES } from '../core/tokens.js';
import { UnfollowedDrain } from '../core/unfollowed-drain.js';
import { LivenessIndicator, ReadinessIndicator } from './indicators.js';

/** Where the probes are. Each may have several paths, and may be left out with `false`. */
export interface HealthOptions {
  /** Default `health`. */
  liveness?: string | readonly string[] | false;
  /** Default `ready`. */
  readiness?: string | readonly string[] | false;
  /** Default `startup`. */
  startup?: string | readonly string[] | false;
  /**
   * Seconds after which liveness answers 503 while a drain that a call started has no signal, so that
   * the kubelet restarts a pod that takes no new streams. Default: never.
   */
  unfollowedDrainLimit?: number;
}

const paths = unlessFalse(either(routePath, list(routePath)));
export const healthChecks: OptionChecks = {
  liveness: paths,
  readiness: paths,
  startup: paths,
  unfollowedDrainLimit: seconds(),
};

export const HEALTH_OPTIONS = Symbol.for('nestjs-drain.HealthOptions');

/** The ready-made probes. Terminus makes their results, and is loaded only if there are any. */
@Injectable()
export class Probes implements OnModuleInit {
  #health: HealthCheckService | undefined;
  readonly #unfollowed: UnfollowedDrain;

  constructor(
    @Inject(HEALTH_OPTIONS) private readonly options: HealthOptions | false,
    @Inject(MANAGEMENT_ROUTES) private readonly routes: ManagementRoutes,
    @Inject(DRAIN) private readonly drain: Drain,
    private readonly live: LivenessIndicator,
    private readonly ready: ReadinessIndicator,
    private readonly modules: LazyModuleLoader,
  ) {
    this.#unfollowed = new UnfollowedDrain(drain);
    if (options === false) return;
    const { liveness = 'health', readiness = 'ready', startup = 'startup' } = options;
    this.#add('liveness', liveness, () => this.#liveness());
    this.#add('readiness', readiness, () => this.#readiness());
    // The listener opens after Nest has bootstrapped: an answer at all means started.
    this.#add('startup', startup, () => ({ status: 200, body: { status: 'ok' } }));
  }

  async onModuleInit(): Promise<void> {
    if (this.options !== false) this.#health = await loadTerminus(this.modules);
  }

  #add(
    name: 'liveness' | 'readiness' | 'startup',
    paths: string | readonly string[] | false,
    get: () => ManagementAnswer | Promise<ManagementAnswer>,
  ): void {
    if (paths === false) return;
    for (const path of [paths].flat()) this.routes.add({ path, option: `health.${name}`, get });
  }

  /** 200 in every phase: a draining pod is alive, unless nothing will ever end it. */
  async #liveness(): Promise<ManagementAnswer> {
    const { isShuttingDown, streams } = this.drain;
    const { unfollowedDrainLimit = Infinity } = this.options || {};
    const isForgotten = (this.#unfollowed.seconds ?? 0) >= unfollowedDrainLimit;
    const answer = await this.#check(() => this.live.isHealthy('process'), {
      shutting_down: isShuttingDown,
      active_streams: streams.size,
    });
    return isForgotten ? { ...answer, status: 503 } : answer;
  }

  /** 503 from the first moment of the shutdown. */
  async #readiness(): Promise<ManagementAnswer> {
    const { isShuttingDown, streams, requests, messages, tasks } = this.drain;
    return this.#check(() => this.ready.isHealthy('drain'), {
      shutting_down: isShuttingDown,
      active_streams: streams.size,
      in_flight_requests: requests.size,
      in_flight_messages: messages.size,
      running_tasks: tasks.size,
    });
  }

  /** Terminus' own body with the drain's state beside it. */
  async #check(indicator: HealthIndicatorFunction, state: object): Promise<ManagementAnswer> {
    try {
      return { status: 200, body: { ...(await this.#health?.check([indicator])), ...state } };
    } catch (error) {
      if (!(error instanceof HttpException)) throw error;
      return { status: error.getStatus(), body: { ...(error.getResponse() as object), ...state } };
    }
  }
}

/** @throws InvalidDrainOptionsError when it is not installed. */
async function loadTerminus(modules: LazyModuleLoader): Promise<HealthCheckService> {
  const terminus = await ifInstalled(
    import('@nestjs/terminus'),
    `the probes need @nestjs/terminus: run \`npm install @nestjs/terminus@${nestMajor()}\`, or set \`health: false\`.`,
  );
  const options = { logger: false } as const;
  const module = await modules.load(() => terminus.TerminusModule.forRoot(options), options);
  return module.resolve(terminus.HealthCheckService);
}

/** The major of the application's Nest, for which there is a Terminus: the latest one may be for a later Nest. */
function nestMajor(): string {
  try {
    const main = createRequire(process.argv[1] ?? process.cwd());
    const { version } = main('@nestjs/core/package.json') as { readonly version: string };
    return version.replace(/\..*/, '');
  } catch {
    // The program that was started is not the application's own, or has its packages in one file.
    return 'latest';
  }
}
