import { Body, Controller, Headers, HttpCode, Param, Post } from '@nestjs/common';
import { DrainableStream, DrainSignal } from 'nestjs-drain';
import { z } from 'zod';
import { parse } from '../errors/parse.js';
import { eventStream } from '../http/event-stream.js';
import { chooseRequestId } from '../http/request-id.js';
import type { ResponseBody } from './response-event.js';
import { responseRequest } from './response-request.js';
import { ResponsesService } from './responses.service.js';

const cancelRequest = z.object(
  { subtask_id: z.union([z.string().max(512), z.number()], 'must be a string or a number') },
  'the body must be a JSON object sent with Content-Type: application/json',
);

@Controller('v1/responses')
export class ResponsesController {
  constructor(private readonly responses: ResponsesService) {}

  /**
   * One route, two kinds of answer, chosen by the body: hence a plain handler that returns a web
   * Response, not `@Sse()`, which can only stream. Its events end the response themselves when the
   * signal aborts, which is what the farewell `handler` means.
   */
  @Post()
  @DrainableStream({ farewell: 'handler' })
  async create(
    @Body() body: unknown,
    @Headers('x-request-id') requestId: unknown,
    @DrainSignal() signal: AbortSignal,
  ): Promise<Response> {
    const request = parse(responseRequest, body);
    const run = await this.responses.start(request, signal);
    const headers = { 'x-request-id': chooseRequestId(requestId, request.metadata.request_id) };
    return request.stream
      ? eventStream(run.events(), headers)
      : Response.json(await run.finish(), { headers });
  }

  /** Chat Shell's way to cancel: by the subtask that `metadata` named. */
  @Post('cancel')
  @HttpCode(200)
  cancelSubtask(@Body() body: unknown): ResponseBody {
    return this.responses.cancelSubtask(String(parse(cancelRequest, body).subtask_id));
  }

  /** OpenAI's way. Cancelling twice is as good as once; what has ended stays as it ended. */
  @Post(':id/cancel')
  @HttpCode(200)
  cancel(@Param('id') id: string): ResponseBody {
    return this.responses.cancel(id);
  }
}
