/** How the application goes away: drain, shut the listeners, run the hooks of the drain. */
export interface Shutdown {
  /** Runs once; every caller waits for the same end. */
  run(trigger: string): Promise<void>;
}

/** A server that its framework closes. */
export interface Closable {
  close(): unknown;
}

/**
 * Makes a server wait for the shutdown before it closes, whoever closes it: NestMicroservice closes
 * its server before any hook has run.
 * @returns the server's own `close`, which from here on works once, for a Listener to call.
 */
export function closeAfterShutdown(server: Closable, shutdown: Shutdown): () => Promise<void> {
  const close = server.close.bind(server);
  let closing: Promise<void> | undefined;
  const closeOnce = (): Promise<void> => (closing ??= (async () => void (await close()))());
  server.close = async () => {
    await shutdown.run('close');
    await closeOnce();
  };
  return closeOnce;
}

/**
 * A way in that is shut after the drain and before the application's own hooks: an HTTP listener, a
 * gRPC server. Adapters register theirs with `drain.listeners`.
 */
export interface Listener {
  /**
   * Stops accepting, lets the last answers leave, and resolves when nothing is open any more.
   * Whatever is still open at `deadline` (the clock's ms) is destroyed.
   */
  stop(deadline: number): Promise<void>;
}
