/** The public parts of a BullMQ worker that are used. BullMQ 5 and 6 have them alike, save where it says so. */
export interface BullWorker {
  /** The name of its queue. */
  readonly name: string;
  run(): Promise<void>;
  /** Takes no more jobs, gives up waiting for one, and resolves when the jobs it has are done. */
  pause(doNotWaitActive?: boolean): Promise<void>;
  resume(): void | Promise<void>;
  isPaused(): boolean;
  isRunning(): boolean;
  /** Waits for running jobs, without a bound, unless it is forced. Closing twice closes once. */
  close(force?: boolean): Promise<void>;
  /** Each job passes here from its start until Redis knows how it ended. */
  processJob(...job: never[]): Promise<unknown>;
  /** Aborts the signal that processors take as third parameter. Neither exists before BullMQ 5.64. */
  cancelAllJobs?(reason?: string): void;
  once(event: 'closed', listener: () => void): unknown;
}
