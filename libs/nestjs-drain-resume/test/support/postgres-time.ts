import type { Pool } from 'pg';

/**
 * PostgreSQL's clock cannot be moved, but everything that refers to it can: lets `seconds` pass for all streams by
 * moving the ends of leases and of what is kept back by as much.
 */
export async function passTime(pool: Pool, seconds: number): Promise<void> {
  const passed = `make_interval(secs => ${seconds})`;
  await pool.query(
    `update drain.streams set lease_end = lease_end - ${passed}, expires = expires - ${passed}`,
  );
}

const tables = ['streams', 'events', 'shares', 'store'];

/** Forgets every stream, but not the mark of the database's life. */
export async function empty(pool: Pool): Promise<void> {
  await pool.query('truncate drain.streams, drain.events, drain.shares');
}

const sequence = `pg_get_serial_sequence('drain.streams', 'life')`;

/** Remembers every row. What it returns puts the database back to that: it has lost what was written in between. */
export async function remember(pool: Pool): Promise<() => Promise<void>> {
  const copies = tables.map((table) => `create table remembered.${table} as table drain.${table}`);
  await pool.query(
    `drop schema if exists remembered cascade; create schema remembered; ${copies.join('; ')};
    create table remembered.last as select nextval(${sequence}) as life`,
  );
  const back = tables.map(
    (table) =>
      `insert into drain.${table} overriding system value select * from remembered.${table}`,
  );
  const restoration = `truncate ${tables.map((table) => `drain.${table}`).join(', ')};
    ${back.join('; ')};
    select setval(${sequence}, life) from remembered.last`;
  return async () => void (await pool.query(restoration));
}
