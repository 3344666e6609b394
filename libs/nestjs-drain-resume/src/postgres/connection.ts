/** A row of an answer: a text, a number or a boolean for each column, or what the application's parsers make of them. */
export type Row = Readonly<Record<string, unknown>>;

interface Queryable {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'notification', listener: (message: { channel: string }) => void): unknown;
  removeListener(event: 'error', listener: (error: Error) => void): unknown;
}

/** The part of a `pg` 8 `Client` that is used. */
export interface PgClient extends Queryable {
  connect(): Promise<unknown>;
  end(): Promise<unknown>;
}

/** A client of a pool. `destroy`: the pool closes it and does not use it again. */
export interface PgPoolClient extends Queryable {
  release(destroy?: boolean): void;
}

/** The part of a `pg` 8 `Pool` that is used. */
export interface PgPool {
  connect(): Promise<PgPoolClient>;
  readonly options?: { readonly max?: number };
}

/** A session of its own, for LISTEN. */
export interface Session {
  query(text: string): Promise<unknown>;
  close(): void;
}

export interface SessionListener {
  notified(channel: string): void;
  /** Nothing comes through it any more. */
  lost(error: unknown): void;
}

/** A session that the pool gives away for as long as it lasts. */
export async function sessionOf(pool: PgPool, listener: SessionListener): Promise<Session> {
  const client = await pool.connect();
  hear(client, listener);
  return { query: (text) => client.query(text), close: () => client.release(true) };
}

/** A session of a client that is made for it. */
export async function sessionBy(make: () => PgClient, listener: SessionListener): Promise<Session> {
  const client = make();
  hear(client, listener);
  await client.connect();
  return {
    query: (text) => client.query(text),
    // A lost one may never say good-bye.
    close: () => void client.end().catch(() => undefined),
  };
}

function hear(client: Queryable, listener: SessionListener): void {
  client.on('notification', ({ channel }) => listener.notified(channel));
  client.on('error', (error) => listener.lost(error));
}
