import { Body, Controller, Get, Headers, HttpCode, Param, Post, Query } from '@nestjs/common';
import { CurrentStream, DrainableStream, type OpenStream } from 'nestjs-drain';
import { z } from 'zod';
import { parse } from '../errors/parse.js';
import { eventStream } from '../http/event-stream.js';
import { principalOf } from '../http/principal.js';
import { chooseRequestId } from '../http/request-id.js';
import type { ResponseBody } from './response-event.js';
import { responseRequest } from './response-request.js';
import { ResponsesService } from './responses.service.js';

const cancelRequest = z.object(
  { subtask_id: z.union([z.string().max(512), z.number()], 'must be a string or a number') },
  'the body must be a JSON object sent with Content-Type: application/json',
);

const sequence = z.coerce.number('must be a sequence number').int().min(0, 'must be 0 or more');

const retrieveQuery = z.object({
  stream: z.stringbool('must be true or false').default(false),
  starting_after: sequence.optional(),
});

@Controller('v1/responses')
export class ResponsesController {
  constructor(private readonly responses: ResponsesService) {}

  /**
   * One route, two kinds of answer, chosen by the body: hence a plain handler that returns a web
   * Response, not `@Sse()`, which can only stream. Its events end the response themselves when the
   * signal aborts, which is what the farewell `handler` means; where another replica can go on, the
   * stream is handed off instead.
   */
  @Post()
  @DrainableStream({ farewell: 'handler' })
  async create(
    @Body() body: unknown,
    @Headers('x-request-id') requestId: unknown,
    @Headers('authorization') authorization: unknown,
    @CurrentStream() stream: OpenStream,
  ): Promise<Response> {
    const request = parse(responseRequest, body);
    const caller = { principal: principalOf(authorization), signal: stream.signal };
    const begun = await this.responses.begin(request, caller);
    const headers = { 'x-request-id': chooseRequestId(requestId, request.metadata.request_id) };
    if (!request.stream) {
      const answer = request.background ? begun.response : await begun.whole();
      return Response.json(answer, { headers });
    }
    if (!request.store) return eventStream(begun.events(), headers);
    this.#handOff(stream);
    const location = `/v1/responses/${begun.id}?stream=true`;
    return eventStream(begun.events(), { ...headers, 'content-location': location });
  }

  /** The response as it stands, or its events behind `starting_after`, from any replica. */
  @Get(':id')
  @DrainableStream({ farewell: 'handler' })
  async retrieve(
    @Param('id') id: string,
    @Query() query: unknown,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Headers('authorization') authorization: unknown,
    @CurrentStream() stream: OpenStream,
  ): Promise<Response> {
    const principal = principalOf(authorization);
    const { stream: streamed, starting_after } = parse(retrieveQuery, query);
    if (!streamed) return Response.json(await this.responses.state(id, principal));
    const after = lastEventId ? parse(sequence, lastEventId) : (starting_after ?? -1);
    const caller = { principal, signal: stream.signal };
    const { isAtEnd, events } = await this.responses.resume(id, after, caller);
    // Tells an EventSource that there is nothing to come back for.
    if (isAtEnd && lastEventId) return new Response(null, { status: 204 });
    this.#handOff(stream);
    return eventStream(events(), {});
  }

  /** Chat Shell's way to cancel: by the subtask that `metadata` named. */
  @Post('cancel')
  @HttpCode(200)
  cancelSubtask(
    @Body() body: unknown,
    @Headers('authorization') authorization: unknown,
  ): Promise<ResponseBody> {
    const { subtask_id } = parse(cancelRequest, body);
    return this.responses.cancelSubtask(String(subtask_id), principalOf(authorization));
  }

  /** OpenAI's way. Cancelling twice is as good as once; what has ended stays as it ended. */
  @Post(':id/cancel')
  @HttpCode(200)
  cancel(
    @Param('id') id: string,
    @Headers('authorization') authorization: unknown,
  ): Promise<ResponseBody> {
    return this.responses.cancel(id, principalOf(authorization));
  }

  #handOff(stream: OpenStream): void {
    const { handOff } = this.responses;
    if (handOff) stream.handOffBy(handOff);
  }
}
