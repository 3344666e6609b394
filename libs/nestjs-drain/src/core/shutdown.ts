/** How the application goes away: drain, shut the listeners, run the hooks of the drain. */
export interface Shutdown {
  /** Runs once; every caller waits for the same end. */
  run(trigger: string): Promise<void>;
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
