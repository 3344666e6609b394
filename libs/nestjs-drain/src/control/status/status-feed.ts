import type { ServerResponse } from 'node:http';
import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { ManagementCall } from '../../compat/management-routes.js';
import { breakOff } from '../../compat/response.js';
import { Drain } from '../../core/drain.js';
import { DRAIN } from '../../core/tokens.js';
import { Silence, takeSnapshot, Timeline } from './status-snapshot.js';
import { pageTemplate } from './page-template.js';

/** ms between two looks while an operator watches. */
const interval = 1000;
/** ms that the last message may take to leave. */
const linger = 500;

/**
 * The page's server-sent events: a subscription of the watcher's that is no work of the application's.
 * Without a page that watches, nothing is looked at. The drain ends: so does the feed, and it never holds the exit.
 */
@Injectable()
export class StatusFeed {
  readonly #watchers = new Set<ServerResponse>();
  readonly #timeline: Timeline;
  readonly #silence: Silence;
  #cancelLook: (() => void) | undefined;

  constructor(@Inject(DRAIN) private readonly drain: Drain) {
    this.#timeline = new Timeline(drain);
    this.#silence = new Silence(drain.clock);
    // The report comes right after the last phase.
    drain.events.on('phaseChanged', ({ phase }) => {
      if (phase !== 'drained') this.#tell();
    });
    drain.events.on('ended', () => {
      this.#tell();
      for (const response of this.#watchers) this.#end(response);
    });
  }

  watch({ request, response }: ManagementCall): void {
    response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
    });
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    this.#watchers.add(response);
    response.once('close', () => this.#forget(response));
    this.#send([response]);
    if (this.#timeline.report) this.#end(response);
    else this.#cancelLook ??= this.drain.clock.schedule(interval, this.#look);
  }

  readonly #look = (): void => {
    this.#send(this.#watchers);
    this.#cancelLook = this.drain.clock.schedule(interval, this.#look);
  };

  #tell(): void {
    if (this.#watchers.size > 0) this.#send(this.#watchers);
  }

  #send(watchers: Iterable<ServerResponse>): void {
    const snapshot = takeSnapshot(this.drain, this.#timeline, this.#silence);
    const message = `data: ${JSON.stringify(snapshot)}\n\n`;
    for (const response of watchers) {
      // A page that reads slowly gets fewer messages, not a queue of old ones.
      if (!response.writableNeedDrain) response.write(message);
    }
  }

  #end(response: ServerResponse): void {
    response.end();
    const cancel = this.drain.clock.schedule(linger, () => breakOff(response));
    response.once('close', cancel);
  }

  #forget(response: ServerResponse): void {
    this.#watchers.delete(response);
    if (this.#watchers.size > 0) return;
    this.#cancelLook?.();
    this.#cancelLook = undefined;
  }
}

/** `GET /shutdown`, for people: one document that may load nothing, under a nonce of its own. */
export function statusPage({ response }: ManagementCall): void {
  const nonce = randomBytes(16).toString('base64');
  response.writeHead(200, headers(nonce)).end(pageTemplate.replaceAll('{nonce}', nonce));
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
