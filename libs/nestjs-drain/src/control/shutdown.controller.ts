import {
  ConflictException,
  Controller,
  Get,
  HttpCode,
  Inject,
  Post,
  UseGuards,
  VERSION_NEUTRAL,
  type Type,
} from '@nestjs/common';
import { Drain } from '../core/drain.js';
import { DrainResetError, ResetRefusedError } from '../core/phase.js';
import { DRAIN } from '../core/tokens.js';
import { ControlGuard } from './caller.guard.js';
import type { ControlRoutes } from './options.js';
import { NotFromBrowserGuard } from './web-page.guard.js';
import { waitResult } from './wait-result.js';

/** The shutdown routes. Their path is part of the class, because Nest reads it from there. */
export function shutdownController(options: ControlRoutes = {}): Type {
  @Controller({ path: options.path ?? 'shutdown', version: VERSION_NEUTRAL })
  @UseGuards(ControlGuard)
  class ShutdownController {
    constructor(@Inject(DRAIN) private readonly drain: Drain) {}

    /** For preStop. The kubelet sends GET, reads no status, and may send it again: it joins. */
    @Get('wait')
    @UseGuards(NotFromBrowserGuard)
    async waitByGet(): Promise<Record<string, unknown>> {
      return this.wait();
    }

    @Post('wait')
    @HttpCode(200)
    async wait(): Promise<Record<string, unknown>> {
      try {
        return waitResult(await this.drain.start('wait'), this.drain.streams.size);
      } catch (error) {
        throw conflict(error);
      }
    }

    @Post('initiate')
    @HttpCode(200)
    initiate(): Record<string, unknown> {
      void this.drain.start('initiate');
      return this.status();
    }

    @Get('status')
    status(): Record<string, unknown> {
      const {
        phase,
        isShuttingDown,
        streams,
        requests,
        messages,
        tasks,
        secondsLeft,
        options: times,
      } = this.drain;
      return {
        phase,
        shutting_down: isShuttingDown,
        active_streams: streams.size,
        in_flight_requests: requests.size,
        in_flight_messages: messages.size,
        running_tasks: tasks.size,
        seconds_left: secondsLeft ?? null,
        // What the service was started with: `nestjs-drain check --url` compares manifests with it.
        timeout_seconds: times.timeout,
        propagation_delay_seconds: times.propagationDelay,
        flush_timeout_seconds: times.flushTimeout,
        termination_grace_period_seconds: times.terminationGracePeriod ?? null,
      };
    }

    reset(): Record<string, unknown> {
      try {
        this.drain.reset();
      } catch (error) {
        throw conflict(error);
      }
      return this.status();
    }
  }

  if (options.reset) {
    const reset = Object.getOwnPropertyDescriptor(ShutdownController.prototype, 'reset');
    if (reset) {
      Post('reset')(ShutdownController.prototype, 'reset', reset);
      HttpCode(200)(ShutdownController.prototype, 'reset', reset);
    }
  }
  return ShutdownController;
}

function conflict(error: unknown): unknown {
  const isConflict = error instanceof DrainResetError || error instanceof ResetRefusedError;
  return isConflict ? new ConflictException(error.message) : error;
}
