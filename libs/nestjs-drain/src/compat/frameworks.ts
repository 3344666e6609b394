/** Node's own request or response under a framework's: what Fastify holds as `raw`, and Express extends. */
export function rawOf<T extends object>(wrapped: T): T {
  const { raw } = wrapped as { raw?: T | null };
  return typeof raw === 'object' && raw !== null ? raw : wrapped;
}
