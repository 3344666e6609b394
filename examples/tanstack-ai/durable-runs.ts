import { Injectable } from '@nestjs/common';
import {
  resumeServerSentEventsResponse,
  RUN_ACCEPTED_EVENT,
  toServerSentEventsResponse,
  type RunDriverOptions,
  type RunRecord,
  type RunStore,
  type StreamChunk,
} from '@tanstack/ai';
import { refusalException } from 'nestjs-drain/resume';
import { keyedStreamId, ResumableStreamService, type HandOff } from 'nestjs-drain-resume';
import { RunLog, type RunName } from './run-log.js';

/** What a replica needs to produce a run. */
export interface RunInput {
  readonly runId: string;
  readonly threadId: string;
}

/** Makes the chunks of a run. `logged`: so many are in the log already, and must not come again. */
export type MakeRun<Input extends RunInput> = (
  input: Input,
  options: { readonly logged: number; readonly stop: AbortController },
) => AsyncIterable<StreamChunk>;

/** Answers TanStack's client with runs that outlive their replica. */
@Injectable()
export class DurableRuns {
  constructor(private readonly service: ResumableStreamService) {}

  get handOff(): HandOff | undefined {
    return this.service.handOff;
  }

  /** @throws HttpException (429, 503) if the run cannot be kept */
  async begin<Input extends RunInput>(
    input: Input,
    principal: string,
    make: MakeRun<Input>,
  ): Promise<Response> {
    const name = nameOf(input.runId, principal);
    // As TanStack has it, a run goes on when its client leaves.
    const policy = { background: true, grace: 0 };
    const order = { ...name, ...policy, request: JSON.stringify(input) };
    const opened = await this.service.start(order);
    // The same request once more, from a proxy that repeats: it joins the run.
    if (opened.outcome === 'exists') return this.resume(input.runId, '-1', principal, make);
    if (opened.outcome !== 'open') throw refusalException(opened.outcome);
    const log = new RunLog(this.service, name, opened.stream);
    return log.sent(written(make(input, { logged: 0, stop: log.stop }), log));
  }

  /** What follows `offset`. If the producer of the run is lost, this replica drives it on. */
  resume<Input extends RunInput>(
    runId: string,
    offset: string,
    principal: string,
    make: MakeRun<Input>,
  ): Response {
    const name = nameOf(runId, principal);
    const log = new RunLog(this.service, name, { offset });
    const driver = this.#driver(name, log, make);
    return log.sent(resumeServerSentEventsResponse({ adapter: log, driver }));
  }

  cancel(runId: string, principal: string): Promise<unknown> {
    return this.service.cancel(nameOf(runId, principal).id, principal);
  }

  #driver<Input extends RunInput>(
    name: RunName,
    log: RunLog,
    make: MakeRun<Input>,
  ): RunDriverOptions {
    const writer = log.takenOver.then(({ production }) => {
      return new RunLog(this.service, name, { production });
    });
    writer.catch(() => undefined);
    return {
      request: new Request(`http://run/?runId=${encodeURIComponent(name.runId)}`),
      runs: this.#runs(name),
      // The lease is the lock.
      locks: { withLock: (_, work) => work(new AbortController().signal) },
      // Waits for as long as the request reads: the lease of a lost producer has to lapse first.
      claim: async (_, work) => {
        const { production } = await log.takenOver;
        const { epoch, signal } = production;
        return work({ runId: name.runId, epoch, signal });
      },
      drive: () => drive(log, writer, make),
      pipe: async (chunks) => {
        await written(chunks, await writer).body?.pipeTo(new WritableStream());
      },
    };
  }

  /** The log says what TanStack's table of runs says. */
  #runs({ id, principal }: RunName): RunStore {
    const get = async (runId: string): Promise<RunRecord | null> => {
      const found = await this.service.find(id, principal);
      if (found.outcome !== 'found') return null;
      const { closed, cancelRequested, request } = found.head;
      const { threadId } = JSON.parse(request) as RunInput;
      const status = closed ? 'completed' : 'running';
      return { runId, threadId, status, startedAt: 0, cancelRequested };
    };
    // The driver asks for these two only. Nothing reaps runs by the time since their last reader: the store's `ttl` does.
    const runs: Pick<RunStore, 'get' | 'update'> = { get, update: () => Promise.resolve() };
    return runs as RunStore;
  }
}

function nameOf(runId: string, principal: string): RunName {
  return { runId, id: keyedStreamId(principal, runId), principal };
}

/** Every chunk is logged before it is sent. `batch`: by default 32 chunks would wait for each other. */
function written(chunks: AsyncIterable<StreamChunk>, log: RunLog): Response {
  const durability = { adapter: log, batch: 1 };
  return toServerSentEventsResponse(chunks, { abortController: log.stop, durability });
}

async function* drive<Input extends RunInput>(
  log: RunLog,
  writer: Promise<RunLog>,
  make: MakeRun<Input>,
): AsyncGenerator<StreamChunk> {
  const { production, request } = await log.takenOver;
  if (production.isExhausted)
    throw new Error('Several replicas were lost while they produced this run.');
  const entries = await log.snapshot();
  const logged = entries.filter(({ chunk }) => !isMarker(chunk)).length;
  yield* make(JSON.parse(request) as Input, { logged, stop: (await writer).stop });
}

/** TanStack writes it before the first chunk of each producer. */
function isMarker(chunk: StreamChunk): boolean {
  return chunk.type === 'CUSTOM' && chunk.name === RUN_ACCEPTED_EVENT;
}
