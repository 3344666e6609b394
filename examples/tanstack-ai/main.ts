import {
  BadRequestException,
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  Module,
  Post,
  Query,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { createClient } from '@redis/client';
import { chat, chatParamsFromRequestBody, type StreamChunk } from '@tanstack/ai';
import {
  CurrentStream,
  DrainableStream,
  GracefulShutdownModule,
  type OpenStream,
} from 'nestjs-drain';
import { DrainResumeModule } from 'nestjs-drain/resume';
import { MemoryResumeStore, type ResumeStore } from 'nestjs-drain-resume';
import { fromNodeRedis, RedisResumeStore } from 'nestjs-drain-resume/redis';
import { DurableRuns, type MakeRun } from './durable-runs.js';
import { model } from './model.js';

const { PORT = 3000, REDIS_URL, DRAIN_TIMEOUT = 30, TAKE_OVER } = process.env;

type Question = Awaited<ReturnType<typeof chatParamsFromRequestBody>>;

/** A provider's model would draw other words, which fit no half of an answer: it ends with an error. */
const answer: MakeRun<Question> = ({ messages, threadId, runId }, { logged, stop }) => {
  if (logged > 0 && TAKE_OVER !== 'continue') {
    throw new Error('The answer was interrupted. Please ask again.');
  }
  return behind(logged, chat({ adapter: model, messages, threadId, runId, abortController: stop }));
};

async function* behind(
  logged: number,
  chunks: AsyncIterable<StreamChunk>,
): AsyncGenerator<StreamChunk> {
  let place = 0;
  for await (const chunk of chunks) if (place++ >= logged) yield chunk;
}

/** In your application: the user's id. */
const callerOf = (authorization = 'anonymous'): string => authorization;

/** A replica that drains still serves what was begun. */
const existing = ({ headers, query }: { headers: object; query: object }): boolean =>
  'last-event-id' in headers || 'offset' in query;

@Controller('api/chat')
class ChatController {
  constructor(private readonly runs: DurableRuns) {}

  /** Begins a run; or, as the client repeats its POST when it comes back, sends the rest of it. */
  @Post()
  @DrainableStream({ resumable: 'handler', existing })
  async ask(
    @Body() body: unknown,
    @CurrentStream() stream: OpenStream,
    @Headers('last-event-id') offset?: string,
    @Headers('authorization') authorization?: string,
  ): Promise<Response> {
    const question = await chatParamsFromRequestBody(body).catch((error: Error) => {
      throw new BadRequestException(error.message);
    });
    this.#handOff(stream);
    const caller = callerOf(authorization);
    return offset === undefined
      ? this.runs.begin(question, caller, answer)
      : this.runs.resume(question.runId, offset, caller, answer);
  }

  /** For a page that is loaded anew, and for a second tab: the run from its beginning. */
  @Get()
  @DrainableStream({ resumable: 'handler', existing })
  join(
    @CurrentStream() stream: OpenStream,
    @Query('runId') runId?: string,
    @Query('offset') start?: string,
    @Headers('last-event-id') offset = start,
    @Headers('authorization') authorization?: string,
  ): Response {
    if (!runId || offset === undefined)
      throw new BadRequestException('Give a runId and an offset.');
    this.#handOff(stream);
    return this.runs.resume(runId, offset, callerOf(authorization), answer);
  }

  /** A client that leaves stops nothing. */
  @Delete()
  @HttpCode(204)
  async stop(
    @Query('runId') runId: string,
    @Headers('authorization') authorization?: string,
  ): Promise<void> {
    await this.runs.cancel(runId, callerOf(authorization));
  }

  /** At the deadline its connection breaks off, and another replica sends the rest. */
  #handOff(stream: OpenStream): void {
    if (this.runs.handOff) stream.handOffBy(this.runs.handOff);
  }
}

/** Without Redis, no other replica sees the runs: they end with their process. */
async function openStore(): Promise<{ store: ResumeStore }> {
  if (REDIS_URL === undefined) return { store: new MemoryResumeStore() };
  const redis = createClient({ url: REDIS_URL });
  redis.on('error', (error) => console.error(error));
  await redis.connect();
  return { store: new RedisResumeStore({ connection: fromNodeRedis(redis) }) };
}

@Module({
  imports: [
    GracefulShutdownModule.forRoot({ timeout: Number(DRAIN_TIMEOUT), heartbeat: 15 }),
    DrainResumeModule.forRootAsync({ useFactory: openStore }),
  ],
  controllers: [ChatController],
  providers: [DurableRuns],
})
class AppModule {}

const app = await NestFactory.create(AppModule);
app.enableShutdownHooks();
await app.listen(PORT, '127.0.0.1');
console.log(`Listening on ${await app.getUrl()}`);
