import { Controller, Get, Header, Headers } from '@nestjs/common';
import { ShutdownService } from 'nestjs-drain';
import { PageFiles } from '../chat/page-files.js';
import { Models } from '../models/models.js';
import { ActiveResponses } from '../responses/active-responses.js';
import { ResponseLog } from '../responses/response-log.js';
import { version } from './version.js';

/** What the service says about itself. Every number about the shutdown comes from ShutdownService: the same everywhere. */
@Controller()
export class StatusController {
  constructor(
    private readonly shutdown: ShutdownService,
    private readonly models: Models,
    private readonly page: PageFiles,
    private readonly active: ActiveResponses,
    private readonly log: ResponseLog,
  ) {}

  /** Browsers ask for text/html by name and get the chat page. */
  @Get()
  @Header('Vary', 'Accept')
  about(@Headers('accept') accept = '') {
    if (accept.includes('text/html')) return this.page.answer('page/index.html');
    const background = this.log.handOff !== undefined;
    const offers = { models: this.models.names, background };
    return { name: 'chat-shell', version, ...offers, ...this.#state() };
  }

  @Get('v1/health')
  health() {
    const uptime = Math.floor(process.uptime());
    return { status: 'healthy', version, uptime_seconds: uptime, ...this.#state() };
  }

  /** Only the streams of /v1/responses, as Chat Shell counts. */
  @Get('v1/streams/active-count')
  activeCount() {
    return { active_streams: this.active.size };
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
