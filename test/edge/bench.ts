import type { DrainReport } from 'nestjs-drain';
import type { EdgeOptions } from '../fixtures/edge-app/options.js';
import { selfSigned } from './certificate.js';
import { connect } from './client.js';
import { EdgeApp, type Exit } from './edge-app.js';
import type { Client, ConnectOptions, Exchange } from './exchange.js';
import type { Flavour } from './flavour.js';

/** Seconds. The deadline is far, so that what hangs until then is told from a busy machine. */
export const times = { timeout: 30, flushTimeout: 1, hookTimeout: 1, exitTimeout: 1 } as const;
/** For scenarios that are about it, the deadline is near. */
export const nearDeadline = { timeout: 3 } as const;
export const lameDuck = { propagationDelay: 3 } as const;

let certificate: { key: string; cert: string } | undefined;

/** One application, its clients, and a stopwatch. */
export class Bench {
  readonly app: EdgeApp;
  #port = 0;
  #since = performance.now();
  readonly #clients: Client[] = [];

  constructor(
    readonly flavour: Flavour,
    options: EdgeOptions,
  ) {
    const { adapter, tls, version } = flavour;
    if (tls) certificate ??= selfSigned();
    this.app = new EdgeApp({
      adapter,
      http2: version === 2,
      ...(tls && certificate && { tls: certificate }),
      ...options,
      drain: { ...times, ...options.drain },
    });
  }

  /** Where it listens, once it does. */
  async port(): Promise<number> {
    this.#port ||= (await this.app.tells('listening')).port ?? 0;
    return this.#port;
  }

  async client(options?: ConnectOptions): Promise<Client> {
    const client = await connect(this.flavour, await this.port(), options);
    this.#clients.push(client);
    return client;
  }

  /** A request on a connection of its own. */
  async ask(...request: Parameters<Client['request']>): Promise<Exchange> {
    return (await this.client()).request(...request);
  }

  /** A finite stream that is under way, and keeps the drain waiting until its gate is opened. */
  async stream(gate = 'events'): Promise<Exchange> {
    const exchange = await this.ask(`/events?gate=${gate}`);
    await exchange.reads('first');
    return exchange;
  }

  /** One more round trip: whatever reached the application's kernel before has been read by now. */
  async settle(): Promise<void> {
    await (
      await this.ask('/plain')
    ).done;
  }

  /** Starts the drain and the stopwatch. */
  async trigger(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.app.kill(signal);
    this.startWatch();
    await this.app.tells('started');
  }

  /** From here on nothing but the bound holds up the exit. */
  startWatch(): void {
    this.#since = performance.now();
  }

  /** Lets the last held work finish. */
  open(gate: string): void {
    this.app.open(gate);
    this.startWatch();
  }

  get report(): DrainReport | undefined {
    return this.app.told.find(({ type }) => type === 'ended')?.report;
  }

  /** Waits until it is gone: how, and how many seconds after the stopwatch was started. */
  async gone(): Promise<Exit & { readonly seconds: number }> {
    const exit = await this.app.exited;
    return { ...exit, seconds: (exit.at - this.#since) / 1000 };
  }

  async clear(): Promise<void> {
    for (const client of this.#clients) client.destroy();
    await this.app.stop();
  }
}
