import { Injectable } from '@nestjs/common';
import type { OpenStream } from 'nestjs-drain';
import { eventStream } from '../http/event-stream.js';
import { ActiveResponses } from './active-responses.js';
import type { Caller } from './caller.js';
import { KeptResponses } from './kept-responses.js';
import type { PlaceInLog } from './response-log.js';
import { ResponsesService, type BegunResponse } from './responses.service.js';

/** Answers with the events of a response. */
@Injectable()
export class ResponseStreams {
  constructor(
    private readonly responses: ResponsesService,
    private readonly kept: KeptResponses,
    private readonly active: ActiveResponses,
  ) {}

  /** From the first event on. */
  begin(
    begun: BegunResponse,
    { isKept, headers }: { isKept: boolean; headers: Record<string, string> },
    stream: OpenStream,
  ): Response {
    this.active.add(stream);
    if (!isKept) return eventStream(begun.events(), headers);
    this.#handOff(stream);
    const location = `/v1/responses/${begun.id}?stream=true`;
    return eventStream(begun.events(), { ...headers, 'content-location': location });
  }

  /**
   * What follows an event that the client has.
   * @param byEventId whether the client comes back by itself with the id of its last event, until it gets 204
   * @throws ApiError (400, 404, 410, 503)
   */
  async goOn(
    id: string,
    place: PlaceInLog,
    caller: Caller,
    stream: OpenStream,
    { byEventId }: { byEventId: boolean },
  ): Promise<Response> {
    const { isAtEnd, events } = await this.kept.resume(id, place, caller);
    if (isAtEnd && byEventId) return new Response(null, { status: 204 });
    this.active.add(stream);
    this.#handOff(stream);
    return eventStream(events(), {});
  }

  #handOff(stream: OpenStream): void {
    const { handOff } = this.responses;
    if (handOff) stream.handOffBy(handOff);
  }
}
