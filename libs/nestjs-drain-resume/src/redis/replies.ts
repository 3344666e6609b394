import type { StreamHead, StreamPage } from '../store.js';
import type { ScriptReply } from './script-runner.js';

export function pageOf(reply: ScriptReply, after: number): StreamPage {
  const [, next, closed, incarnation = '', ...payloads] = reply;
  const events = payloads.map((payload, index) => ({ sequence: after + 1 + index, payload }));
  return { outcome: 'page', events, next: Number(next), closed: closed === '1', incarnation };
}

export function headOf(id: string, reply: ScriptReply): StreamHead {
  const [, epoch, next, closed, cancel, lapsed, owner, ...texts] = reply;
  const [principal = '', request = '', incarnation = ''] = texts;
  return {
    id,
    principal,
    request,
    owner: owner === '' ? undefined : owner,
    epoch: Number(epoch),
    next: Number(next),
    closed: closed === '1',
    cancelRequested: cancel === '1',
    lapsed: lapsed === '1',
    incarnation,
  };
}

/** Ids of `listLapsed` replies, whose leases ended first first. */
export function lapsedOf(replies: readonly (readonly string[])[]): string[] {
  const lapsed: { id: string; end: number }[] = [];
  for (const reply of replies) {
    for (let index = 0; index + 1 < reply.length; index += 2) {
      lapsed.push({ id: reply[index] ?? '', end: Number(reply[index + 1]) });
    }
  }
  return lapsed.sort((one, other) => one.end - other.end).map(({ id }) => id);
}
