export { type PgClient, type PgPool, type PgPoolClient } from './connection.js';
export { type PostgresStoreOptions } from './options.js';
export { PostgresResumeStore } from './postgres-store.js';
export { postgresSchema } from './schema.js';
