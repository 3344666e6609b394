import { InvalidResumeOptionsError } from '../options.js';

/** Of the tables and functions below. Raise it with every change: `setup` changes no schema that has it already. */
export const schemaVersion = 1;

/** @throws InvalidResumeOptionsError for a name that would have to be escaped, or makes a channel's name too long. */
export function schemaName(schema: unknown): string {
  if (typeof schema === 'string' && /^[a-z_][a-z0-9_]{0,29}$/.test(schema)) return schema;
  throw new InvalidResumeOptionsError(
    `\`schema\` is ${JSON.stringify(schema)}; set a name of 1 to 30 lower-case letters, digits and underscores.`,
  );
}

/** As statements name it: it may be a word of SQL, such as `user`. */
export function quoted(schema: string): string {
  return `"${schema}"`;
}

/**
 * The SQL of the store's tables and functions, for a migration of your own; `PostgresResumeStore.setup` runs the same.
 * It can be run again, also by several replicas at once. Run it in one transaction.
 * @param schema where they are put. Default `drain`.
 * @throws InvalidResumeOptionsError for a name that does not work.
 */
export function postgresSchema(schema = 'drain'): string {
  const name = schemaName(schema);
  const lock = `select pg_advisory_xact_lock(hashtextextended('nestjs-drain-resume ${name}', 0));`;
  const parts = [tables, writing, owning, reading, tidying, ending];
  return [lock, ...parts].join('\n').replaceAll('$schema', quoted(name));
}

/** Times are the server's. `S.life` names one life of a stream: its events belong to it, and not to the id. */
const tables = `
create schema if not exists $schema;

create table if not exists $schema.streams (
  life bigint generated always as identity primary key,
  id text not null unique,
  born bigint not null,
  owner text,
  epoch bigint not null,
  next bigint not null default 0,
  closed boolean not null default false,
  cancel boolean not null default false,
  attempts integer not null default 0,
  lease interval not null,
  ttl interval not null,
  lease_end timestamptz not null,
  expires timestamptz not null,
  share text not null,
  bytes bigint not null,
  counted bigint not null,
  principal text not null,
  request text not null
) with (fillfactor = 70);
create index if not exists streams_lapsed on $schema.streams (lease_end) where not closed;
create index if not exists streams_expired on $schema.streams (expires);
create index if not exists streams_of on $schema.streams (share, expires);

create table if not exists $schema.events (
  life bigint not null,
  sequence integer not null,
  epoch bigint not null,
  payload text not null,
  primary key (life, sequence)
);

-- What each principal keeps, under a hash of its name.
create table if not exists $schema.shares (
  share text primary key,
  streams bigint not null,
  bytes bigint not null
);

-- One row: the mark of this database's life, and the version of what is defined here.
create table if not exists $schema.store (
  single boolean primary key default true check (single),
  mark text not null,
  version integer not null
);

-- Microseconds: greater than every epoch before, even if the server forgot that there was one.
create or replace function $schema.new_epoch(_last bigint) returns bigint language sql volatile as $$
  select greatest((extract(epoch from clock_timestamp()) * 1000000)::bigint, _last + 1)
$$;

create or replace function $schema.forget(_stream $schema.streams) returns void language plpgsql as $$
begin
  delete from $schema.events e where e.life = _stream.life;
  delete from $schema.streams s where s.life = _stream.life;
  update $schema.shares set streams = streams - 1, bytes = bytes - _stream.counted
    where share = _stream.share;
  delete from $schema.shares where share = _stream.share and streams <= 0;
end $$;
`;

/** Each function locks its stream first and a share behind it, so two of them never wait for each other. */
const writing = `
create or replace function $schema.create_stream(
  _id text, _owner text, _principal text, _share text, _request text, _bytes bigint,
  _lease bigint, _ttl bigint, _max_streams bigint, _max_bytes bigint,
  out outcome text, out epoch bigint
) language plpgsql as $$
declare
  stream $schema.streams;
  now_is timestamptz;
begin
  loop
    now_is := clock_timestamp();
    epoch := $schema.new_epoch(0);
    insert into $schema.streams as s (id, born, owner, epoch, lease, ttl, lease_end, expires, share,
        bytes, counted, principal, request)
      select _id, n.epoch, _owner, n.epoch, t.lease, t.ttl, now_is + t.lease, now_is + t.ttl, _share,
        _bytes, _bytes, _principal, _request
      from (select epoch) n,
        (select make_interval(secs => _lease / 1000.0) as lease, make_interval(secs => _ttl / 1000.0) as ttl) t
      on conflict (id) do nothing returning s.* into stream;
    exit when found;
    select s.* into stream from $schema.streams s where s.id = _id for update;
    continue when not found;
    if stream.expires > clock_timestamp() then
      outcome := 'exists';
      if stream.owner = _owner and stream.next = 0 and not stream.closed then
        outcome := 'created';
        epoch := stream.epoch;
      end if;
      return;
    end if;
    perform $schema.forget(stream);
  end loop;
  insert into $schema.shares as s (share, streams, bytes) values (_share, 0, 0) on conflict (share) do nothing;
  update $schema.shares s set streams = s.streams + 1, bytes = s.bytes + _bytes
    where s.share = _share and s.streams < _max_streams and s.bytes + _bytes <= _max_bytes;
  outcome := 'created';
  if not found then
    delete from $schema.streams s where s.life = stream.life;
    outcome := 'tooMany';
  end if;
end $$;

-- number: the next sequence, or the limit that the batch would pass.
create or replace function $schema.append(
  _id text, _epoch bigint, _first bigint, _events text[], _terminal boolean,
  _limit bigint, _allowance bigint, _step bigint, _max_bytes bigint,
  out outcome text, out number bigint, out cancel boolean, out share text
) language plpgsql as $$
declare
  stream $schema.streams;
  logged bigint;
  size bigint := cardinality(_events);
  news text[];
  grown bigint;
  bound bigint := _limit;
  now_is timestamptz;
  extended boolean;
begin
  select s.* into stream from $schema.streams s where s.id = _id for update;
  now_is := clock_timestamp();
  if stream.life is null or stream.expires <= now_is then outcome := 'gone'; return; end if;
  if stream.epoch <> _epoch then outcome := 'fenced'; return; end if;
  number := stream.next;
  cancel := stream.cancel;
  logged := stream.next - _first;
  if logged >= size and (stream.closed or not _terminal) then outcome := 'appended'; return; end if;
  if stream.closed then outcome := 'closed'; return; end if;
  if logged < 0 or logged > size then outcome := 'gapped'; return; end if;

  news := _events[logged + 1:];
  grown := stream.bytes + (select coalesce(sum(octet_length(e)), 0) from unnest(news) e);
  if _terminal then bound := greatest(_limit, stream.bytes) + _allowance; end if;
  if grown > bound then outcome := 'tooLarge'; number := bound; return; end if;
  if _terminal or grown / _step <> stream.bytes / _step then
    update $schema.shares s set bytes = s.bytes + grown - stream.counted where s.share = stream.share
      and (_terminal or s.bytes + grown - stream.counted <= _max_bytes);
    if not found and not _terminal then
      outcome := 'over';
      number := _max_bytes;
      share := stream.share;
      return;
    end if;
    stream.counted := grown;
  end if;

  insert into $schema.events (life, sequence, epoch, payload)
    select stream.life, stream.next + e.position - 1, _epoch, e.payload
    from unnest(news) with ordinality e (payload, position);
  number := _first + size;
  -- Not where the lease was extended a short while ago: an update of no indexed column is a cheap one.
  extended := _terminal or stream.next = 0 or now_is + stream.lease - stream.lease_end > stream.lease / 10;
  update $schema.streams s set
    next = number, bytes = grown, counted = stream.counted, closed = _terminal,
    attempts = case when logged < size then 0 else s.attempts end,
    lease_end = case when extended then now_is + s.lease else s.lease_end end,
    expires = case when extended then now_is + s.ttl else s.expires end
    where s.life = stream.life;
  outcome := 'appended';
end $$;

-- Of any life without _incarnation.
create or replace function $schema.remove(_id text, _incarnation text) returns text language plpgsql as $$
declare
  stream $schema.streams;
begin
  select s.* into stream from $schema.streams s where s.id = _id for update;
  if not found then return 'absent'; end if;
  if _incarnation <> stream.life || '-' || stream.born then return 'gone'; end if;
  perform $schema.forget(stream);
  if stream.expires <= clock_timestamp() then return 'absent'; end if;
  return 'deleted';
end $$;
`;

const owning = `
create or replace function $schema.claim(
  _id text, _owner text, out outcome text, out stream $schema.streams
) language plpgsql as $$
declare
  now_is timestamptz;
begin
  select s.* into stream from $schema.streams s where s.id = _id for update;
  now_is := clock_timestamp();
  if stream.life is null or stream.expires <= now_is then outcome := 'absent'; return; end if;
  if stream.closed then outcome := 'closed'; return; end if;
  if stream.lease_end > now_is then outcome := 'held'; return; end if;
  -- Its owner fell silent; a stream that was released has none.
  update $schema.streams s set owner = _owner, epoch = $schema.new_epoch(s.epoch),
    attempts = s.attempts + (s.owner is not null)::integer,
    lease_end = now_is + s.lease, expires = now_is + s.ttl
    where s.life = stream.life returning s.* into stream;
  outcome := 'claimed';
end $$;

-- Extends the lease, or gives the stream up.
create or replace function $schema.hold(
  _id text, _epoch bigint, _release boolean, out outcome text, out cancel boolean
) language plpgsql as $$
declare
  stream $schema.streams;
  now_is timestamptz;
begin
  select s.* into stream from $schema.streams s where s.id = _id for update;
  now_is := clock_timestamp();
  if stream.life is null or stream.expires <= now_is then outcome := 'gone'; return; end if;
  if stream.epoch <> _epoch then outcome := 'fenced'; return; end if;
  if stream.closed then outcome := 'closed'; return; end if;
  cancel := stream.cancel;
  if _release then
    update $schema.streams s set owner = null, epoch = $schema.new_epoch(s.epoch), lease_end = '-infinity',
      expires = now_is + s.ttl where s.life = stream.life;
    outcome := 'released';
  else
    update $schema.streams s set lease_end = now_is + s.lease, expires = now_is + s.ttl
      where s.life = stream.life;
    outcome := 'renewed';
  end if;
end $$;

create or replace function $schema.request_cancel(_id text) returns text language plpgsql as $$
declare
  stream $schema.streams;
begin
  select s.* into stream from $schema.streams s where s.id = _id for update;
  if stream.life is null or stream.expires <= clock_timestamp() then return 'absent'; end if;
  if stream.closed then return 'closed'; end if;
  update $schema.streams s set cancel = true where s.life = stream.life and not s.cancel;
  return 'requested';
end $$;
`;

/** A function and no statement of the client: its plan is kept, without a prepared statement, which a pooler would lose. */
const reading = `
create or replace function $schema.find(_id text) returns setof $schema.streams language plpgsql stable as $$
begin
  return query select s.* from $schema.streams s where s.id = _id and s.expires > clock_timestamp();
end $$;

-- One row for each event from _after on, or one without an event; none if there is no stream.
create or replace function $schema.read(_id text, _after bigint, _limit bigint) returns table (
  next bigint, closed boolean, incarnation text, sequence bigint, epoch bigint, payload text
) language plpgsql stable as $$
begin
  return query
    select s.next, s.closed, s.life || '-' || s.born, e.sequence::bigint, e.epoch,
      case when e.sequence > _after then e.payload end
    from $schema.streams s
    left join $schema.events e on e.life = s.life and e.sequence between _after and _after + _limit
    where s.id = _id and s.expires > clock_timestamp() order by e.sequence;
end $$;

create or replace function $schema.lapsed(_limit bigint) returns setof text language plpgsql stable as $$
begin
  return query select s.id from $schema.streams s
    where not s.closed and s.lease_end <= clock_timestamp() and s.expires > clock_timestamp()
    order by s.lease_end limit _limit;
end $$;

-- The mark, or _new in a database that has none.
create or replace function $schema.mark(_new text) returns text language plpgsql as $$
declare
  present text;
begin
  select s.mark into present from $schema.store s;
  if found then return present; end if;
  insert into $schema.store (mark, version) values (_new, 0) on conflict do nothing;
  select s.mark into present from $schema.store s;
  return present;
end $$;
`;

const tidying = `
-- Removes expired streams, at most so many, of one share or of all. Shares are locked in one order.
create or replace function $schema.sweep(_share text, _limit bigint) returns bigint language plpgsql as $$
declare
  stream $schema.streams;
  removed bigint := 0;
begin
  for stream in
    with expired as materialized (
      select s.* from $schema.streams s
      where s.expires <= clock_timestamp() and (_share is null or s.share = _share)
      order by s.expires limit _limit for update skip locked
    )
    select e.* from expired e order by e.share
  loop
    perform $schema.forget(stream);
    removed := removed + 1;
  end loop;
  return removed;
end $$;
`;

const ending = `
insert into $schema.store as s (mark, version)
  values (lpad(to_hex((random() * 4294967295)::bigint), 8, '0'), ${schemaVersion})
  on conflict (single) do update set version = excluded.version;
`;
