import { terminalAllowance } from '../memory-log.js';
import type { StreamEvent, StreamHead, StreamPage } from '../store.js';

/** A reply of one of our scripts: the outcome and what belongs to it. */
export type ScriptReply = readonly [outcome: string, ...rest: string[]];

/**
 * The store's decisions, each one script and so one step. All keys of a script share a hash slot. Time is
 * the server's. Replies are flat lists; the first element is the outcome.
 *
 * State: owner, epoch, next, closed, cancel, bytes, lease and ttl (ms), until (ms, end of the lease),
 * principal, request, incarnation, attempts, cap (bytes, once its principal has no more), epochs (of each owner that
 * logged: `;` the sequence of its first event `:` its epoch). `absent` becomes `unknown` or `gone` outside.
 *
 * Events are a list and not a Redis Stream: one command takes a whole batch, an event's place is its sequence, and it
 * costs about 10 bytes beside its payload instead of 50.
 */
const clock = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function integer(number) return string.format('%.0f', number) end
`;

/** Behind `clock`. Microseconds: greater than every epoch before, even if the server forgot that there was one. */
const epochs = `
local function newEpoch(last)
  return integer(math.max(time[1] * 1000000 + time[2], tonumber(last or 0) + 1))
end
`;

/**
 * KEYS state, leases, events. What ends a production is said by a primary only: a replica that lags, or was never
 * synchronized, refuses every write, also one that changes nothing.
 */
const refusals = `
local function refused(...)
  redis.call('ZREM', KEYS[2], '')
  return {...}
end
`;

/** KEYS state, leases, events. ARGV id, owner, principal, request, lease, ttl, incarnation, request bytes. */
export const create = `${clock}${epochs}
local state = redis.call('HMGET', KEYS[1], 'owner', 'next', 'epoch', 'closed')
if state[3] then
  if state[1] == ARGV[2] and state[2] == '0' and state[4] == '0' then
    return {'created', state[3]}
  end
  return {'exists'}
end
local epoch = newEpoch()
redis.call('HSET', KEYS[1], 'owner', ARGV[2], 'principal', ARGV[3], 'request', ARGV[4],
  'lease', ARGV[5], 'ttl', ARGV[6], 'incarnation', ARGV[7], 'bytes', ARGV[8],
  'epoch', epoch, 'epochs', ';0:' .. epoch, 'next', 0, 'closed', 0, 'cancel', 0, 'attempts', 0, 'until', integer(now + ARGV[5]))
redis.call('PEXPIRE', KEYS[1], ARGV[6])
redis.call('ZADD', KEYS[2], integer(now + ARGV[5]), ARGV[1])
-- What an evicted or half lost stream of this id left behind.
redis.call('DEL', KEYS[3])
return {'created', epoch}
`;

/** What all appends of a store have in common: it stands in the script, and is not sent each time. */
export interface AppendTerms {
  /** Bytes of a stream. */
  readonly maxStreamBytes: number;
  /** Bytes after which the growth of a stream is told. */
  readonly step: number;
  /** Of the channel that wakes readers; the id follows. */
  readonly channelPrefix: string;
}

/**
 * KEYS state, leases, events. ARGV id, epoch, first, terminal, event … Replies next alone, an integer; or, where there is
 * more to tell, appended, next, cancel and, each time the log has grown by another step and at its end, its bytes and
 * principal.
 */
export const append = ({ maxStreamBytes, step, channelPrefix }: AppendTerms) => `${clock}${refusals}
local state = redis.call('HMGET', KEYS[1],
  'epoch', 'next', 'closed', 'bytes', 'cancel', 'lease', 'ttl', 'cap', 'until', 'attempts')
if not state[1] then return refused('gone') end
if state[1] ~= ARGV[2] then return refused('fenced') end
local next, closed, before = tonumber(state[2]), state[3] == '1', tonumber(state[4])
local logged, count, terminal = next - ARGV[3], #ARGV - 4, ARGV[4] == '1'
if logged >= count and (closed or not terminal) then return {'appended', next, state[5]} end
if closed then return refused('closed') end
if logged < 0 or logged > count then return refused('gapped', next) end
local limit = ${maxStreamBytes}
if state[8] then limit = math.min(limit, state[8]) end
if terminal then limit = math.max(before, limit) + ${terminalAllowance} end
local bytes = before
for index = 5 + logged, #ARGV do bytes = bytes + #ARGV[index] end
if bytes > limit then return {'tooLarge', integer(limit)} end
-- Only the first events make the list: what was evicted stays away.
local push = next == 0 and 'RPUSH' or 'RPUSHX'
-- Lua takes no more than some thousand arguments at once.
for index = 5 + logged, #ARGV, 1000 do
  local last = math.min(index + 999, #ARGV)
  next = next + last - index + 1
  -- Evicted, or trimmed by another client: readers are refused, too.
  if redis.call(push, KEYS[3], unpack(ARGV, index, last)) ~= next then return {'gone'} end
end
if count > logged and state[10] ~= '0' then redis.call('HSET', KEYS[1], 'attempts', 0) end
redis.call('HSET', KEYS[1], 'next', next, 'bytes', bytes)
local till = now + state[6]
-- Not where the lease was extended a short while ago: that saves four commands, and costs a tenth of the lease. But
-- the first events make a key that has no end of its own yet.
if terminal or state[2] == '0' or till - state[9] > state[6] / 10 then
  redis.call('HSET', KEYS[1], 'until', integer(till), 'closed', ARGV[4])
  redis.call('PEXPIRE', KEYS[1], state[7])
  redis.call('PEXPIRE', KEYS[3], state[7])
  if terminal then redis.call('ZREM', KEYS[2], ARGV[1])
  else redis.call('ZADD', KEYS[2], integer(till), ARGV[1]) end
end
redis.call('PUBLISH', ${literal(channelPrefix)} .. ARGV[1], next)
if terminal or math.floor(before / ${step}) ~= math.floor(bytes / ${step}) then
  return {'appended', next, state[5], bytes, redis.call('HGET', KEYS[1], 'principal')}
end
if state[5] == '0' then return next end
return {'appended', next, state[5]}
`;

/** A text as Lua writes it. */
function literal(text: string): string {
  return `'${text.replace(/[^\w:.-]/gu, (character) =>
    [...Buffer.from(character)].map((byte) => `\\${String(byte).padStart(3, '0')}`).join(''),
  )}'`;
}

/** KEYS state, leases, events. Lets the log grow no further but by its terminal event. */
export const cap = `
local bytes = redis.call('HGET', KEYS[1], 'bytes')
if bytes then redis.call('HSET', KEYS[1], 'cap', bytes) end
return {'capped'}
`;

/** KEYS state, leases, events. ARGV after, limit. Replies page, next, closed, incarnation, epochs, and each event's payload. */
export const read = `
local state = redis.call('HMGET', KEYS[1], 'next', 'closed', 'incarnation', 'epochs')
if not state[1] then return {'absent'} end
local after, next = tonumber(ARGV[1]), tonumber(state[1])
if after >= next then return {'ahead', next} end
-- Evicted, or trimmed by another client: never give what remains for the whole.
if redis.call('LLEN', KEYS[3]) ~= next then return {'lost'} end
local page = {'page', next, state[2], state[3], state[4]}
for _, payload in ipairs(redis.call('LRANGE', KEYS[3], after + 1, after + ARGV[2])) do
  page[#page + 1] = payload
end
return page
`;

const head = `
local function head()
  local state = redis.call('HMGET', KEYS[1], 'epoch', 'next', 'closed', 'cancel', 'until',
    'owner', 'principal', 'request', 'incarnation', 'attempts')
  if not state[1] then return nil end
  local lapsed = state[3] == '0' and tonumber(state[5]) <= now
  state[5] = lapsed and '1' or '0'
  return state, lapsed
end
local function reply(outcome, state)
  table.insert(state, 1, outcome)
  return state
end
`;

/** KEYS state, leases, events. Replies found, epoch, next, closed, cancel, lapsed, owner, principal, request, incarnation, attempts. */
export const find = `${clock}${head}
local state = head()
if not state then return {'absent'} end
return reply('found', state)
`;

/** KEYS state, leases, events. ARGV id, owner. Replies claimed and the rest as `find`. */
export const claim = `${clock}${epochs}${head}
local state, lapsed = head()
if not state or state[3] == '1' then redis.call('ZREM', KEYS[2], ARGV[1]) end
if not state then return {'absent'} end
if state[3] == '1' then return {'closed'} end
if not lapsed then return {'held'} end
local times = redis.call('HMGET', KEYS[1], 'lease', 'ttl', 'epochs')
local till, epoch = integer(now + times[1]), newEpoch(state[1])
-- An owner that logged nothing leaves no trace.
local epochs = string.gsub(times[3], ';' .. state[2] .. ':%d+$', '') .. ';' .. state[2] .. ':' .. epoch
redis.call('HSET', KEYS[1], 'owner', ARGV[2], 'epoch', epoch, 'epochs', epochs, 'until', till)
-- Its owner fell silent; a stream that was released has none.
if state[6] ~= '' then redis.call('HINCRBY', KEYS[1], 'attempts', 1) end
redis.call('ZADD', KEYS[2], till, ARGV[1])
redis.call('PEXPIRE', KEYS[1], times[2])
redis.call('PEXPIRE', KEYS[3], times[2])
return reply('claimed', (head()))
`;

const held = `${refusals}
local state = redis.call('HMGET', KEYS[1], 'epoch', 'closed', 'lease', 'ttl', 'cancel')
if not state[1] then return refused('gone') end
if state[1] ~= ARGV[2] then return refused('fenced') end
if state[2] == '1' then return refused('closed') end
redis.call('PEXPIRE', KEYS[1], state[4])
redis.call('PEXPIRE', KEYS[3], state[4])
`;

/** KEYS state, leases, events. ARGV id, epoch. */
export const renew = `${clock}${held}
local till = integer(now + state[3])
redis.call('HSET', KEYS[1], 'until', till)
redis.call('ZADD', KEYS[2], till, ARGV[1])
return {'renewed', state[5]}
`;

/** KEYS state, leases, events. ARGV id, epoch. */
export const release = `${clock}${epochs}${held}
redis.call('HSET', KEYS[1], 'owner', '', 'epoch', newEpoch(state[1]), 'until', 0)
redis.call('ZADD', KEYS[2], 0, ARGV[1])
return {'released'}
`;

/** KEYS state, leases, events. */
export const requestCancel = `
local closed = redis.call('HGET', KEYS[1], 'closed')
if not closed then return {'absent'} end
if closed == '1' then return {'closed'} end
redis.call('HSET', KEYS[1], 'cancel', 1)
return {'requested'}
`;

/** KEYS state, leases, events. ARGV id, channel, incarnation or nothing for any. Replies deleted and the principal. */
export const remove = `
local state = redis.call('HMGET', KEYS[1], 'principal', 'incarnation')
if not state[1] then return {'absent'} end
if ARGV[3] and ARGV[3] ~= state[2] then return {'gone'} end
redis.call('DEL', KEYS[1], KEYS[3])
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('PUBLISH', ARGV[2], 0)
return {'deleted', state[1]}
`;

/** KEYS leases. ARGV limit. Replies ids and the ends of their leases in turn. */
export const listLapsed = `${clock}
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', integer(now), 'WITHSCORES', 'LIMIT', 0, ARGV[1])
`;

/**
 * What a principal keeps. KEYS streams, bytes. The field `total` is the sum of all others. Replies of `reserve` and
 * `account` go on with the ids that may have expired.
 */
const principal = `${clock}
local function forget(id)
  redis.call('ZREM', KEYS[1], id)
  local bytes = redis.call('HGET', KEYS[2], id)
  -- The negative of 0 is -0, and no integer to Redis.
  if bytes then redis.call('HINCRBY', KEYS[2], 'total', 0 - bytes) end
  redis.call('HDEL', KEYS[2], id)
end
local function note(id, bytes)
  local before = tonumber(redis.call('HGET', KEYS[2], id) or 0)
  redis.call('HSET', KEYS[2], id, bytes)
  redis.call('HINCRBY', KEYS[2], 'total', bytes - before)
end
local function total() return tonumber(redis.call('HGET', KEYS[2], 'total') or 0) end
local function withDue(outcome)
  local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', integer(now))
  table.insert(due, 1, outcome)
  return due
end
`;

/** KEYS streams, bytes. ARGV id, ttl, limit of streams, bytes, limit of bytes. Replies reserved, or tooMany. */
export const reserve = `${principal}
if redis.call('ZSCORE', KEYS[1], ARGV[1]) then return {'reserved'} end
local isFull = redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3])
if isFull or total() + ARGV[4] > tonumber(ARGV[5]) then return withDue('tooMany') end
redis.call('ZADD', KEYS[1], integer(now + ARGV[2]), ARGV[1])
note(ARGV[1], ARGV[4])
-- A day longer than its places are taken for, as a stream may live on; none is counted that long.
local kept = ARGV[2] + 86400000
for _, key in ipairs(KEYS) do
  if redis.call('PTTL', key) < kept then redis.call('PEXPIRE', key, integer(kept)) end
end
return {'reserved'}
`;

/** KEYS streams, bytes. ARGV id, bytes, limit of bytes. Replies within, or over. */
export const account = `${principal}
if redis.call('ZSCORE', KEYS[1], ARGV[1]) then note(ARGV[1], ARGV[2]) end
if total() > tonumber(ARGV[3]) then return withDue('over') end
return {'within'}
`;

/** KEYS streams, bytes. ARGV id, milliseconds the stream is still kept for, or less than 0 if it is not. */
export const confirm = `${principal}
if tonumber(ARGV[2]) < 0 then forget(ARGV[1])
else redis.call('ZADD', KEYS[1], integer(now + ARGV[2]), ARGV[1]) end
return {'confirmed'}
`;

export function pageOf(reply: ScriptReply, after: number): StreamPage {
  const [, next, closed, incarnation = '', epochs = '', ...payloads] = reply;
  const epochOf = epochsOf(epochs);
  const events = payloads.map((payload, index): StreamEvent => {
    const sequence = after + 1 + index;
    return { sequence, payload, epoch: epochOf(sequence) };
  });
  return { outcome: 'page', events, next: Number(next), closed: closed === '1', incarnation };
}

/** Whether the log has this history at the event: it may have lost the event, and logged another one. */
export function isOf(reply: ScriptReply, sequence: number, epoch: number): boolean {
  return epochsOf(reply[4] ?? '')(sequence) === epoch;
}

/** Which epoch an event is of. */
function epochsOf(text: string): (sequence: number) => number {
  const owners = text
    .split(';')
    .slice(1)
    .map((owner) => owner.split(':').map(Number) as [first: number, epoch: number]);
  return (sequence) => owners.findLast(([first]) => first <= sequence)?.[1] ?? Number.NaN;
}

export function headOf(id: string, reply: ScriptReply): StreamHead {
  const [, epoch, next, closed, cancel, lapsed, owner, ...texts] = reply;
  const [principal = '', request = '', incarnation = '', attempts] = texts;
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
    attempts: Number(attempts),
  };
}

/** Ids of `listLapsed` replies, in the order in which their leases ended. */
export function lapsedOf(replies: readonly (readonly string[])[]): string[] {
  const lapsed: { id: string; end: number }[] = [];
  for (const reply of replies) {
    for (let index = 0; index + 1 < reply.length; index += 2) {
      lapsed.push({ id: reply[index] ?? '', end: Number(reply[index + 1]) });
    }
  }
  return lapsed.sort((one, other) => one.end - other.end).map(({ id }) => id);
}
