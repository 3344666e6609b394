import type { AddressInfo, Server } from 'node:net';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { isInPod } from '../compat/environment.js';
import { DrainLog, writeLine } from '../compat/nest-logger.js';
import { Drain } from '../core/drain.js';
import { DRAIN } from '../core/tokens.js';
import { UnfollowedDrain } from '../core/unfollowed-drain.js';
import { isLoopback } from './access.js';
import { CONTROL_OPTIONS, type ControlOptions } from './options.js';

/** ms between two lines about a drain that no signal followed. */
const interval = 60_000;

/** Says what an operator has to know about the shutdown routes: who can call them, and that one did. */
@Injectable()
export class ControlWarnings implements OnApplicationBootstrap {
  readonly #logger = new DrainLog('GracefulShutdown');
  readonly #unfollowed: UnfollowedDrain;
  #cancel = (): void => undefined;

  constructor(
    @Inject(DRAIN) private readonly drain: Drain,
    @Inject(CONTROL_OPTIONS) private readonly options: ControlOptions | false,
    private readonly adapterHost: HttpAdapterHost,
  ) {
    this.#unfollowed = new UnfollowedDrain(drain, () => this.#schedule());
  }

  onApplicationBootstrap(): void {
    const adapter = this.adapterHost.httpAdapter as { getHttpServer(): Server } | undefined;
    if (this.options === false || !adapter || this.drain.options.development) return;
    const { token, port, allow, path = 'shutdown' } = this.options;
    if (token !== undefined || port !== undefined || allow !== undefined) return;
    const server = adapter.getHttpServer();
    server.once('listening', () => {
      if (isReachable(server.address())) this.#sayOpen(path);
    });
  }

  /** In a pod the callers are other pods, and the operator should choose. */
  #sayOpen(path: string): void {
    writeLine(
      this.#logger,
      isInPod() ? 'warn' : 'log',
      `GET /${path}/wait drains this process for callers with a private address that name themselves the kubelet. ` +
        '`control.token`, `control.port` or `control.allow` bounds that; see "Security" in the README.',
      { event: 'openControl' },
    );
  }

  #schedule(): void {
    this.#cancel();
    if (this.#unfollowed.seconds === undefined) return;
    this.#cancel = this.drain.clock.schedule(interval, () => {
      this.#warn(Math.round(this.#unfollowed.seconds ?? 0));
      this.#schedule();
    });
  }

  #warn(seconds: number): void {
    const { path = 'shutdown', reset = false } = this.options || {};
    const { trigger } = this.#unfollowed;
    const way = reset
      ? `take the drain back by POST /${path}/reset, as long as nothing was closed, or restart it`
      : 'restart it';
    writeLine(
      this.#logger,
      'warn',
      `A call of /${path}/${trigger} started this drain ${seconds} s ago, and no signal has followed. ` +
        `This pod takes no new streams, and nothing ends it: ${way}.`,
      { event: 'unfollowed', trigger, seconds },
    );
  }
}

/** Calls through a Unix socket are refused unless an option allows them. */
const isReachable = (address: AddressInfo | string | null): boolean =>
  typeof address === 'object' && address !== null && !isLoopback(address.address);
