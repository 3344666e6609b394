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

/** What stands between the clients and the pods. */
export interface Balancer {
  /** The loopback port that clients connect to. */
  readonly port: number;
  /** Every connection so far, in order. */
  connections(): readonly Connection[];
  /** The pod behind a server's name in the response header `x-rehearsal-pod`, where a balancer sets it. */
  podNamed(server: string): string | undefined;
  close(): Promise<void>;
}
