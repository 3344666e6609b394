import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import {
  Controller,
  Get,
  Res,
  UseGuards,
  VERSION_NEUTRAL,
  type CanActivate,
  type Type,
} from '@nestjs/common';
import { rawOf } from '../../compat/frameworks.js';
import { statusPage } from './page.js';
import { StatusFeed } from './status-feed.js';

/** Who may look. The control routes' guards, which only the module may bring together with these. */
export interface StatusGuards {
  /** For the page, which holds nothing. A browser that opens it can send no token. */
  page: Type<CanActivate>;
  /** For what the page shows. It sends the token. */
  feed: Type<CanActivate>;
}

/** `GET /shutdown`, for people. The path is part of the class, because Nest reads it from there. */
export function statusController(path: string | undefined, guards: StatusGuards): Type {
  @Controller({ path: path ?? 'shutdown', version: VERSION_NEUTRAL })
  class StatusController {
    constructor(private readonly feed: StatusFeed) {}

    @Get()
    @UseGuards(guards.page)
    page(@Res() response: ServerResponse): void {
      const nonce = randomBytes(16).toString('base64');
      rawOf(response).writeHead(200, headers(nonce)).end(statusPage(nonce));
    }

    @Get('feed')
    @UseGuards(guards.feed)
    watch(@Res() response: ServerResponse): void {
      this.feed.watch(rawOf(response));
    }
  }
  return StatusController;
}

function headers(nonce: string): Record<string, string> {
  const own = `'nonce-${nonce}'`;
  return {
    'Content-Type': 'text/html; charset=utf-8',
    'Cache-Control': 'no-store',
    'Content-Security-Policy':
      `default-src 'none'; script-src ${own}; style-src ${own}; connect-src 'self'; ` +
      "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
  };
}
