import { Controller, Delete, Get, Headers, Param, Query } from '@nestjs/common';
import { CurrentStream, DrainableStream, type OpenStream } from 'nestjs-drain';
import { positionOf } from 'nestjs-drain/resume';
import { z } from 'zod';
import { ApiError, invalidRequest } from '../errors/api-error.js';
import { parse } from '../errors/parse.js';
import { acceptsEvents, reconnectStream } from '../http/event-stream.js';
import { principalOf } from '../http/principal.js';
import { inputItems, itemsQuery } from './input-items.js';
import { KeptResponses } from './kept-responses.js';
import type { PlaceInLog } from './response-log.js';
import { ResponseStreams } from './response-streams.js';

const sequence = z.coerce.number('must be a sequence number').int().min(0, 'must be 0 or more');

const retrieveQuery = z.object({
  stream: z.stringbool('must be true or false').optional(),
  starting_after: sequence.optional(),
});

/** Responses that exist: reading them is no new work, so they are served until the listener closes. */
@Controller('v1/responses/:id')
export class KeptResponsesController {
  constructor(
    private readonly kept: KeptResponses,
    private readonly streams: ResponseStreams,
  ) {}

  /** The response as it stands, or its events behind `starting_after` or `Last-Event-ID`, from any replica. */
  @Get()
  @DrainableStream({ farewell: 'handler', existing: true })
  async retrieve(
    @Param('id') id: string,
    @Query() query: unknown,
    @Headers() headers: Readonly<Record<string, string | undefined>>,
    @CurrentStream() stream: OpenStream,
  ): Promise<Response> {
    const caller = { principal: principalOf(headers['authorization']), signal: stream.signal };
    const { stream: streamed, starting_after = -1 } = parse(retrieveQuery, query);
    const isEventSource = acceptsEvents(headers['accept']);
    if (!(streamed ?? isEventSource)) {
      return Response.json(await this.kept.state(id, caller.principal));
    }
    const byId = placeIn(id, headers['last-event-id']);
    const place = byId ?? { after: starting_after };
    try {
      return await this.streams.goOn(id, place, caller, stream, { byEventId: byId !== undefined });
    } catch (error) {
      const isTemporary = error instanceof ApiError && error.getStatus() === 503;
      if (!isEventSource || !isTemporary) throw error;
      // Of a 503 an EventSource would not come back.
      return reconnectStream(error.retryAfter ?? 1);
    }
  }

  @Get('input_items')
  async items(
    @Param('id') id: string,
    @Query() query: unknown,
    @Headers('authorization') authorization: unknown,
  ) {
    const page = parse(itemsQuery, query);
    return inputItems(await this.kept.stored(id, principalOf(authorization)), page);
  }

  @Delete()
  async delete(@Param('id') id: string, @Headers('authorization') authorization: unknown) {
    await this.kept.delete(id, principalOf(authorization));
    return { id, object: 'response', deleted: true };
  }
}

/** From the id of an event, or its number alone: the address names the response. */
function placeIn(id: string, lastEventId: string | undefined): PlaceInLog | undefined {
  if (!lastEventId) return undefined;
  if (/^\d+$/.test(lastEventId)) return { after: Number(lastEventId) };
  const place = positionOf({ headers: { 'last-event-id': lastEventId } });
  if (place?.id === id) return place;
  throw invalidRequest('Last-Event-ID names no event of this response.', 'Last-Event-ID');
}
