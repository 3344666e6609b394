import type { Pool } from 'pg';
import { PostgresResumeStore, postgresSchema } from 'nestjs-drain-resume/postgres';
import { resumeStoreContract } from 'nestjs-drain-resume/testing';
import { afterAll, beforeAll, describe, test } from '@jest/globals';
import { missingPostgres } from './support/postgres-server.js';
import { preparedPostgres } from './support/prepared-postgres.js';
import { empty, passTime, remember } from './support/postgres-time.js';

const limits = {
  maxStreamBytes: 20_000,
  maxStreamsPerPrincipal: 5,
  maxBytesPerPrincipal: 30_000,
};

(missingPostgres ? describe.skip : describe)('PostgreSQL store, by the contract', () => {
  let pool: Pool;
  let stop: () => Promise<void>;

  beforeAll(async () => {
    ({ pool, stop } = await preparedPostgres());
  });

  afterAll(() => stop());

  const checks = resumeStoreContract({
    ...limits,
    loses: true,
    remembers: true,
    // Real time passes as well, but far less than a fifth of the lease.
    lease: 100,
    open: async () => {
      await empty(pool);
      const store = new PostgresResumeStore({ pool, ...limits });
      const other = new PostgresResumeStore({ pool, ...limits });
      return {
        store,
        other,
        advance: (seconds) => passTime(pool, seconds),
        // In one transaction: as a server that another replica has set up.
        lose: async () => void (await pool.query(`drop schema drain cascade; ${postgresSchema()}`)),
        remember: () => remember(pool),
        close: async () => void (await Promise.all([store.close(), other.close()])),
      };
    },
  });
  for (const check of checks) test(check.name, () => check.run());
});
