import { Controller, Get, UseGuards } from '@nestjs/common';
import { ShutdownService, Uncounted } from 'nestjs-drain';
import { Models } from '../models/models.js';
import { version } from './version.js';

/** What the service says about itself. Every number comes from ShutdownService: the same everywhere. */
@Controller()
@UseGuards(Uncounted)
export class StatusController {
  constructor(
    private readonly shutdown: ShutdownService,
    private readonly models: Models,
  ) {}

  @Get()
  about() {
    return { name: 'chat-shell', version, models: this.models.names, ...this.#state() };
  }

  @Get('v1/health')
  health() {
    const uptime = Math.floor(process.uptime());
    return { status: 'healthy', version, uptime_seconds: uptime, ...this.#state() };
  }

  @Get('v1/streams/active-count')
  activeCount() {
    return { active_streams: this.shutdown.activeStreams };
  }

  #state() {
    const { phase, isShuttingDown, activeStreams, inFlightRequests } = this.shutdown;
    return {
      phase,
      shutting_down: isShuttingDown,
      active_streams: activeStreams,
      in_flight_requests: inFlightRequests,
    };
  }
}
