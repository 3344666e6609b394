import { ManualClock } from 'nestjs-drain-resume/testing';
import { MemoryResumeStore, ResumableStreamService, StreamProducers } from 'nestjs-drain-resume';
import { describe, expect, it } from '@jest/globals';
import type { ApiError } from '../errors/api-error.js';
import { IdempotencyKeys, type KeyClaim } from './idempotency.js';

const forever = new AbortController().signal;

/** Two processes on one store. */
function setUp() {
  const clock = new ManualClock();
  const store = new MemoryResumeStore({ clock });
  const replica = () => {
    const streams = new StreamProducers({ store, clock, lease: 3 });
    const resumption = new ResumableStreamService(streams, {
      clock,
      handOff: 'deadline',
      isLeaving: () => false,
      deadline: forever,
      track: () => undefined,
      onError: () => undefined,
    });
    const keys = new IdempotencyKeys(resumption);
    let made = 0;
    const claim = (body: unknown = 'hi', key = 'k', principal = 'alice') =>
      keys.claim({ key, principal, body }, () =>
        Promise.resolve(`resp_${streams.owner}_${made++}`),
      );
    const begin = (id: string) =>
      resumption.start({ id, principal: 'alice', request: '{}', background: true, grace: 0 });
    return { claim, begin, kill: () => streams.handOff() };
  };
  return { clock, one: replica(), other: replica() };
}

function first(claim: KeyClaim) {
  if (claim.outcome !== 'first') throw new Error(claim.outcome);
  return claim;
}

describe('an idempotency key', () => {
  it('names the response that its first request began, on every replica', async () => {
    const { one, other } = setUp();
    const claim = first(await one.claim());
    await claim.settle();
    const repeated = { outcome: 'repeated', id: claim.id };
    expect(await one.claim()).toEqual(repeated);
    expect(await other.claim()).toEqual(repeated);
  });

  it('is refused while its response is being begun, here and elsewhere', async () => {
    const { one, other } = setUp();
    first(await one.claim());
    const inProgress = { status: 409, retryAfter: 1 };
    await expect(one.claim()).rejects.toMatchObject(inProgress);
    await expect(other.claim()).rejects.toMatchObject(inProgress);
  });

  it('is given to one of those who ask in the same turn', async () => {
    const { one, other } = setUp();
    const asked = await Promise.allSettled([one.claim(), one.claim(), other.claim()]);
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const refused = asked.filter((result) => result.status === 'rejected');
    expect(refused.map(({ reason }) => reason as ApiError)).toMatchObject([
      { status: 409 },
      { status: 409 },
    ]);
  });

  it('names its response to all who ask in the same turn, once that is begun', async () => {
    const { one, other } = setUp();
    const claim = first(await one.claim());
    await claim.settle();
    const repeated = { outcome: 'repeated', id: claim.id };
    const asked = await Promise.all([one.claim(), one.claim(), other.claim(), other.claim()]);
    expect(asked).toEqual([repeated, repeated, repeated, repeated]);
  });

  it('names a response that is begun also before its owner has settled the key', async () => {
    const { one, other } = setUp();
    const { id } = first(await one.claim());
    await one.begin(id);
    const repeated = { outcome: 'repeated', id };
    expect(await Promise.all([one.claim(), other.claim()])).toEqual([repeated, repeated]);
  });

  it('is known for longer than its response may take', async () => {
    const { clock, one, other } = setUp();
    const claim = first(await one.claim());
    await claim.settle();
    await clock.advanceAsync(3_000_000);
    expect(await other.claim()).toEqual({ outcome: 'repeated', id: claim.id });
  });

  it('is refused with another body, and belongs to its principal', async () => {
    const { one, other } = setUp();
    const claim = first(await one.claim());
    await claim.settle();
    await expect(other.claim('other')).rejects.toMatchObject({ status: 422 });
    expect(first(await other.claim('other', 'k', 'bob')).id).not.toBe(claim.id);
  });

  it('is free again if its response could not be begun', async () => {
    const { one, other } = setUp();
    await first(await one.claim()).giveUp();
    first(await other.claim());
  });

  it('is free again if its replica falls silent before the response is begun', async () => {
    const { clock, one, other } = setUp();
    first(await one.claim());
    await one.kill();
    await clock.advanceAsync(3_001);
    first(await other.claim());
  });

  it('names the response of a replica that fell silent just behind its beginning', async () => {
    const { one, other } = setUp();
    const { id } = first(await one.claim());
    await one.begin(id);
    await one.kill();
    expect(await other.claim()).toEqual({ outcome: 'repeated', id });
  });

  it('may not be longer than what is kept of one', async () => {
    const { one } = setUp();
    await expect(one.claim('hi', 'k'.repeat(256))).rejects.toMatchObject({ status: 400 });
  });
});
