export interface Head {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** One request and what came back. */
export interface Exchange {
  readonly head: Promise<Head>;
  /** Resolves once the body so far contains this text. */
  reads(text: string): Promise<void>;
  /** Everything that came, when nothing more will. */
  readonly done: Promise<Answer>;
  /** More of the request's body. */
  write(text: string): void;
  end(): void;
  /** The client goes away. */
  leave(): void;
}

export interface Answer extends Head {
  readonly body: string;
  /** Whether it came to its proper end: its length, its last chunk, END_STREAM. */
  readonly isComplete: boolean;
}

export interface RequestOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** With a body, the caller writes it. */
  readonly hasBody?: boolean;
}

/** One client connection. */
export interface Client {
  request(path: string, options?: RequestOptions): Exchange;
  /** How the server ended it: `FIN`, `reset`, or `GOAWAY` before either. */
  readonly closed: Promise<string>;
  destroy(): void;
}

export interface ConnectOptions {
  readonly host?: string;
  /** A half-open client keeps its own side open when the server ends. */
  readonly allowHalfOpen?: boolean;
}
