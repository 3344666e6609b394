/**
 * The store's decisions, each one script and so one step. All keys of a script share a hash slot. Time is
 * the server's. Replies are flat lists; the first element is the outcome.
 *
 * State: owner, epoch, next, closed, cancel, bytes, lease and ttl (ms), until (ms, end of the lease),
 * principal, request, incarnation. `absent` becomes `unknown` or `gone` outside.
 */
const clock = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function integer(number) return string.format('%.0f', number) end
-- Microseconds: greater than every epoch before, even if the server forgot that there was one.
local function newEpoch(last)
  return integer(math.max(time[1] * 1000000 + time[2], tonumber(last or 0) + 1))
end
`;

/** KEYS state, leases, events. ARGV id, owner, principal, request, lease, ttl, incarnation, request bytes. */
export const create = `${clock}
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
  'epoch', epoch, 'next', 0, 'closed', 0, 'cancel', 0, 'until', integer(now + ARGV[5]))
redis.call('PEXPIRE', KEYS[1], ARGV[6])
redis.call('ZADD', KEYS[2], integer(now + ARGV[5]), ARGV[1])
-- What an evicted or half lost stream of this id left behind.
redis.call('DEL', KEYS[3])
return {'created', epoch}
`;

/** KEYS state, leases, events. ARGV id, epoch, first, terminal, limit, channel, event … */
export const append = `${clock}
local state = redis.call('HMGET', KEYS[1],
  'epoch', 'next', 'closed', 'bytes', 'cancel', 'lease', 'ttl')
if not state[1] then return {'gone'} end
if state[1] ~= ARGV[2] then return {'fenced'} end
local next, closed, bytes = tonumber(state[2]), state[3] == '1', tonumber(state[4])
local logged, count, terminal = next - ARGV[3], #ARGV - 6, ARGV[4] == '1'
if logged >= count and (closed or not terminal) then return {'appended', next, state[5]} end
if closed then return {'closed'} end
if logged < 0 or logged > count then return {'gapped', next} end
for index = 7 + logged, #ARGV do bytes = bytes + #ARGV[index] end
if bytes > tonumber(ARGV[5]) then return {'tooLarge'} end
-- The id is the sequence + 1, as 0-0 is no id: a read behind a sequence is a range.
for index = 7 + logged, #ARGV do
  next = next + 1
  redis.call('XADD', KEYS[3], next .. '-0', 'p', ARGV[index])
end
local till = integer(now + state[6])
redis.call('HSET', KEYS[1], 'next', next, 'bytes', bytes, 'until', till, 'closed', ARGV[4])
redis.call('PEXPIRE', KEYS[1], state[7])
redis.call('PEXPIRE', KEYS[3], state[7])
if terminal then redis.call('ZREM', KEYS[2], ARGV[1])
else redis.call('ZADD', KEYS[2], till, ARGV[1]) end
redis.call('PUBLISH', ARGV[6], next)
return {'appended', next, state[5]}
`;

/** KEYS state, leases, events. ARGV after, limit. Replies page, next, closed, incarnation, payload … */
export const read = `
local state = redis.call('HMGET', KEYS[1], 'next', 'closed', 'incarnation')
if not state[1] then return {'absent'} end
local after, next = tonumber(ARGV[1]), tonumber(state[1])
if after >= next then return {'ahead', next} end
local page = {'page', next, state[2], state[3]}
local expected = math.min(next - after - 1, tonumber(ARGV[2]))
if expected == 0 then return page end
local entries = redis.call('XRANGE', KEYS[3], (after + 2) .. '-0', (after + 1 + expected) .. '-0')
-- Evicted or trimmed by somebody: never give what remains for the whole.
if #entries ~= expected then return {'lost'} end
for _, entry in ipairs(entries) do page[#page + 1] = entry[2][2] end
return page
`;

const head = `
local function head()
  local state = redis.call('HMGET', KEYS[1], 'epoch', 'next', 'closed', 'cancel', 'until',
    'owner', 'principal', 'request', 'incarnation')
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

/** KEYS state, leases, events. Replies found, epoch, next, closed, cancel, lapsed, owner, principal, request, incarnation. */
export const find = `${clock}${head}
local state = head()
if not state then return {'absent'} end
return reply('found', state)
`;

/** KEYS state, leases, events. ARGV id, owner. Replies claimed and the rest as \`find\`. */
export const claim = `${clock}${head}
local state, lapsed = head()
if not state or state[3] == '1' then redis.call('ZREM', KEYS[2], ARGV[1]) end
if not state then return {'absent'} end
if state[3] == '1' then return {'closed'} end
if not lapsed then return {'held'} end
local times = redis.call('HMGET', KEYS[1], 'lease', 'ttl')
local till = integer(now + times[1])
redis.call('HSET', KEYS[1], 'owner', ARGV[2], 'epoch', newEpoch(state[1]), 'until', till)
redis.call('ZADD', KEYS[2], till, ARGV[1])
redis.call('PEXPIRE', KEYS[1], times[2])
redis.call('PEXPIRE', KEYS[3], times[2])
return reply('claimed', (head()))
`;

const held = `
local state = redis.call('HMGET', KEYS[1], 'epoch', 'closed', 'lease', 'ttl', 'cancel')
if not state[1] then return {'gone'} end
if state[1] ~= ARGV[2] then return {'fenced'} end
if state[2] == '1' then return {'closed'} end
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
export const release = `${clock}${held}
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

/** KEYS leases. ARGV limit. Replies ids and the ends of their leases in turn. */
export const listLapsed = `${clock}
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', integer(now), 'WITHSCORES', 'LIMIT', 0, ARGV[1])
`;

/** KEYS principal. ARGV id, ttl, limit. Replies reserved, or tooMany and the ids that may have expired. */
export const reserve = `${clock}
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) and not redis.call('ZSCORE', KEYS[1], ARGV[1]) then
  local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', integer(now))
  table.insert(due, 1, 'tooMany')
  return due
end
redis.call('ZADD', KEYS[1], integer(now + ARGV[2]), ARGV[1])
-- A day longer than its places are taken for, as a stream may live on; nobody counts that long.
local kept = ARGV[2] + 86400000
if redis.call('PTTL', KEYS[1]) < kept then redis.call('PEXPIRE', KEYS[1], integer(kept)) end
return {'reserved'}
`;

/** KEYS principal. ARGV id, milliseconds the stream is still kept for, or less than 0 if it is not. */
export const confirm = `${clock}
if tonumber(ARGV[2]) < 0 then redis.call('ZREM', KEYS[1], ARGV[1])
else redis.call('ZADD', KEYS[1], integer(now + ARGV[2]), ARGV[1]) end
return {'confirmed'}
`;
