import { PostgresResumeStore } from 'nestjs-drain-resume/postgres';
import { Pool } from 'pg';
import { PostgresServer } from './postgres-server.js';

/** A server with the schema, and connections to it. */
export async function preparedPostgres(): Promise<{ pool: Pool; stop: () => Promise<void> }> {
  const server = await PostgresServer.start();
  const pool = new Pool({ connectionString: server.url });
  pool.on('error', () => undefined);
  await new PostgresResumeStore({ pool }).setup();
  const stop = async () => {
    await pool.end();
    await server.stop();
  };
  return { pool, stop };
}
