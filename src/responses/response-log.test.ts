import { ManualClock } from 'nestjs-drain-resume/testing';
import { MemoryResumeStore, StreamProducers, ResumableStreamService } from 'nestjs-drain-resume';
import { describe, expect, it, jest } from '@jest/globals';
import type { PlacedEvent } from '../http/event-stream.js';
import { EchoModel } from '../models/echo-model.js';
import { Models } from '../models/models.js';
import { ResponseDirectory } from './response-directory.js';
import type { ResponseEvent } from './response-event.js';
import { headOf } from './response-head.js';
import { ResponseLog } from './response-log.js';

const request = { input: [], metadata: {}, stream: true, store: true, background: false };
const forever = new AbortController().signal;

/** One process of the service, as far as its log goes. */
function replica(store: MemoryResumeStore, clock: ManualClock) {
  const streams = new StreamProducers({ store, clock, maxPendingBytes: 1_000_000 });
  const resumption = new ResumableStreamService(streams, {
    clock,
    handOff: 'deadline',
    isLeaving: () => false,
    deadline: forever,
    track: () => undefined,
    onError: () => undefined,
  });
  const models = new Models([new EchoModel(1000)]);
  const directory = new ResponseDirectory();
  const log = new ResponseLog(resumption, models, directory);
  const begin = async (text: string) => {
    const head = headOf(request, 'echo', await log.newId());
    const prompt = {
      ...{ input: [{ role: 'user' as const, content: text }], metadata: {}, parameters: {} },
    };
    const stop = new AbortController();
    const run = directory.open(head, stop.signal, { principal: 'alice' });
    await run.start(models.find('echo'), prompt, { durable: true });
    return log.record(run, { head, prompt }, stop);
  };
  return { log, begin, models, handOff: () => resumption.releaseAll() };
}

async function read(events: AsyncIterable<PlacedEvent<ResponseEvent>>, count = Infinity) {
  const seen: ResponseEvent[] = [];
  for await (const { event } of events) if (seen.push(event) === count) break;
  return seen;
}

const numbers = (events: readonly ResponseEvent[]) => events.map((one) => one.sequence_number);
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('the log of responses', () => {
  it('asks no model for the rest of a response that was cancelled meanwhile', async () => {
    const [store, clock] = [new MemoryResumeStore(), new ManualClock()];
    const [one, other] = [replica(store, clock), replica(store, clock)];
    const stream = await one.begin('a b c d e f');
    const begun = await read(one.log.events(stream, 'alice', forever), 6);
    await one.handOff();
    await other.log.cancel(stream.id, 'alice');
    const started = jest.spyOn(other.models.find('echo'), 'start');
    const resumed = await other.log.open(stream.id, 'alice', { after: begun.length - 1 });
    const rest = await read(other.log.events(resumed, 'alice', forever));
    expect(rest.at(-1)).toMatchObject({ response: { status: 'cancelled' } });
    expect(started).not.toHaveBeenCalled();
  });

  it('lets the next replica go on where the last one handed off', async () => {
    const [store, clock] = [new MemoryResumeStore(), new ManualClock()];
    const [one, other] = [replica(store, clock), replica(store, clock)];
    const stream = await one.begin('a b c d e f');
    const begun = await read(one.log.events(stream, 'alice', forever), 6);
    await one.handOff();
    const resumed = await other.log.open(stream.id, 'alice', { after: begun.length - 1 });
    const rest = await read(other.log.events(resumed, 'alice', forever));
    expect(numbers([...begun, ...rest])).toEqual(upTo(14));
    expect(rest.at(-1)).toMatchObject({ type: 'response.completed' });
    expect(await other.log.state(resumed)).toMatchObject({
      status: 'completed',
      output: [{ content: [{ text: 'a b c d e f' }] }],
    });
  });

  it('tells a response as it stands, while it is produced', async () => {
    const { log, begin } = replica(new MemoryResumeStore(), new ManualClock());
    const stream = await begin('a b c');
    await read(log.events(stream, 'alice', forever), 5);
    expect(await log.state(stream)).toMatchObject({ status: 'in_progress' });
    await read(log.events(stream, 'alice', forever));
    expect(await log.state(stream)).toMatchObject({ status: 'completed' });
  });

  it('ends a response that outgrows it as failed, without a gap in its numbers', async () => {
    const store = new MemoryResumeStore({ maxStreamBytes: 4_000 });
    const { log, begin } = replica(store, new ManualClock());
    const stream = await begin('word '.repeat(200));
    const events = await read(log.events(stream, 'alice', forever));
    expect(numbers(events)).toEqual(upTo(events.length));
    expect(events.length).toBeGreaterThan(5);
    expect(events.at(-1)).toMatchObject({ type: 'response.failed' });
  });

  it('is closed to everybody else', async () => {
    const { log, begin } = replica(new MemoryResumeStore(), new ManualClock());
    const { id } = await begin('a');
    await expect(log.open(id, 'mallory')).rejects.toMatchObject({ status: 404 });
    await expect(log.cancel(id, 'mallory')).rejects.toMatchObject({ status: 404 });
    await expect(log.open(id, 'alice', { after: 99 })).rejects.toMatchObject({ status: 410 });
  });
});
