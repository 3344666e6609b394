import { Body, Controller, Headers, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { CurrentStream, DrainableStream, type OpenStream } from 'nestjs-drain';
import { positionOf } from 'nestjs-drain/resume';
import { z } from 'zod';
import { CONFIGURATION, type Configuration } from '../configuration/configuration.js';
import { parse } from '../errors/parse.js';
import { acceptsEvents } from '../http/event-stream.js';
import { principalOf } from '../http/principal.js';
import { chooseRequestId } from '../http/request-id.js';
import { KeptResponses } from './kept-responses.js';
import type { ResponseBody } from './response-event.js';
import { responseRequest } from './response-request.js';
import { ResponseStreams } from './response-streams.js';
import { ResponsesService } from './responses.service.js';

const cancelRequest = z.object(
  { subtask_id: z.int('must be a whole number, as metadata.subtask_id was') },
  'the body must be a JSON object sent with Content-Type: application/json',
);

type RequestHeaders = Readonly<Record<string, string | undefined>>;

/** A client that comes back with the id of an event wants the rest of a response that exists. */
function comesBack({ headers }: { readonly headers: RequestHeaders }): boolean {
  return positionOf({ headers }) !== undefined;
}

@Controller('v1/responses')
export class ResponsesController {
  constructor(
    private readonly responses: ResponsesService,
    private readonly kept: KeptResponses,
    private readonly streams: ResponseStreams,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
  ) {}

  /**
   * One route, two kinds of answer, chosen by the body: hence a plain handler that returns a web
   * Response, not `@Sse()`, which can only stream. Its events end the response themselves when the
   * signal aborts, which is what the farewell `handler` means; where another replica can go on, the
   * stream is handed off instead.
   */
  @Post()
  @DrainableStream({ farewell: 'handler', existing: comesBack })
  async create(
    @Body() body: unknown,
    @Headers() headers: RequestHeaders,
    @CurrentStream() stream: OpenStream,
  ): Promise<Response> {
    const caller = { principal: principalOf(headers['authorization']), signal: stream.signal };
    const place = positionOf({ headers });
    // Another answer behind the first half of this one would be a text that no model wrote.
    if (place) return this.streams.goOn(place.id, place, caller, stream, { byEventId: true });
    const request = parse(responseRequest, body);
    const key = headers['idempotency-key'];
    const begun = await this.responses.begin(request, caller, key ? { key, body } : undefined);
    const told = {
      'x-request-id': chooseRequestId(headers['x-request-id'], request.metadata.request_id),
    };
    if (request.stream ?? this.#streams(headers['accept'])) {
      return this.streams.begin(begun, { isKept: request.store, headers: told }, stream);
    }
    const answer = await (request.background ? begun.state() : begun.whole());
    return Response.json(answer, { headers: told });
  }

  /** Chat Shell's way to cancel: by the subtask that `metadata` named. */
  @Post('cancel')
  @HttpCode(200)
  cancelSubtask(
    @Body() body: unknown,
    @Headers('authorization') authorization: unknown,
  ): Promise<ResponseBody> {
    const { subtask_id } = parse(cancelRequest, body);
    return this.kept.cancelSubtask(String(subtask_id), principalOf(authorization));
  }

  /** OpenAI's way. Cancelling twice is as good as once; what has ended stays as it ended. */
  @Post(':id/cancel')
  @HttpCode(200)
  cancel(
    @Param('id') id: string,
    @Headers('authorization') authorization: unknown,
  ): Promise<ResponseBody> {
    return this.kept.cancel(id, principalOf(authorization));
  }

  /** For a body that does not say it. */
  #streams(accept: string | undefined): boolean {
    return acceptsEvents(accept) || this.configuration.streamsByDefault;
  }
}
