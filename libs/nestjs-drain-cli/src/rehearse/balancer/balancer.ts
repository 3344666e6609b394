import { type Stall } from '../children/lateness.js';

/** One connection that the balancer accepted from a client. Times in milliseconds of the rehearsal. */
export interface Connection {
  readonly at: number;
  /** The client's own port: how a client's request finds its pod. */
  readonly clientPort: number;
  /** Where it was sent; absent when no pod was left. */
  readonly pod?: string;
  /** The pod did not accept it: its listener was closed. */
  readonly refused: boolean;
}

/** What a balancer saw. */
export interface Traffic {
  /** Every connection, in order. */
  readonly connections: readonly Connection[];
  /** The pod behind a server's name in the response header `x-rehearsal-pod`, where a balancer sets it. */
  podNamed(server: string): string | undefined;
  /** When the balancer itself was late; a real one does not say. */
  readonly stalls: readonly Stall[];
}

/** What stands between the clients and the pods. */
export interface Balancer {
  /** The loopback port that clients connect to. */
  readonly port: number;
  /** What it has seen so far. */
  traffic(): Promise<Traffic>;
  close(): Promise<void>;
}
