import { isTemporary, LossError, reasonOf, refusal, ResumeFailedError } from './errors.js';
import { callback, oneOf, type OptionChecks } from './option-checks.js';
import { retryAfter } from './retry-schedule.js';

/** Where a reader stands. */
export interface StreamPosition {
  readonly id: string;
  readonly sequence: number | undefined;
}

export interface ResumableRequestOptions {
  /**
   * How the server is told where to go on: the `Last-Event-ID` header with the last event's `id:`, or the
   * `starting_after` query parameter with its sequence. Default `Last-Event-ID`.
   */
  position?: 'Last-Event-ID' | 'starting_after';
  /**
   * Where the rest of the stream is asked for with GET. Default: the answer's `Content-Location`, or the same
   * address if it was a GET. A browser reads that header from another origin only if the server exposes it.
   */
  resumeUrl?: (response: Response) => string | URL | undefined;
  fetch?: typeof fetch;
}

export const requestChecks: OptionChecks<ResumableRequestOptions> = {
  position: oneOf('Last-Event-ID', 'starting_after'),
  resumeUrl: callback,
  fetch: callback,
};

/** A request that is sent once, and whose stream is then asked for from where it broke. */
export class ResumableRequest {
  readonly #headers: Headers;
  readonly #repeatable: boolean;
  #resumeUrl: string | URL | undefined;
  #answered = false;
  /** Whether the rest was asked for, and given. */
  #resumed = false;

  constructor(
    private readonly input: string | URL,
    private readonly init: RequestInit,
    private readonly options: ResumableRequestOptions,
  ) {
    this.#headers = new Headers(init.headers);
    if (!this.#headers.has('Accept')) this.#headers.set('Accept', 'text/event-stream');
    this.#repeatable = isRead(init) || this.#headers.has('Idempotency-Key');
  }

  /** Whether the server has answered: from then on, silence is a loss. */
  get answered(): boolean {
    return this.#answered;
  }

  /**
   * An answer with a stream, or 204 if there is nothing more to read.
   * @throws LossError if another try may help, ResumeFailedError if not.
   */
  async open(position: StreamPosition, signal: AbortSignal): Promise<Response> {
    const response = await this.#send(position, signal);
    if (response.status === 204) return response;
    if (!response.ok) throw await this.#refused(response, position);
    const type = response.headers.get('Content-Type') ?? 'no type';
    if (!type.startsWith('text/event-stream') || !response.body) {
      throw new ResumeFailedError(
        `The answer is ${type}, not text/event-stream; check the address.`,
      );
    }
    if (this.#answered) this.#resumed = true;
    else this.#resumeUrl = this.#whereToResume(response);
    this.#answered = true;
    return response;
  }

  async #send(position: StreamPosition, signal: AbortSignal): Promise<Response> {
    const send = this.options.fetch ?? globalThis.fetch;
    const [url, init] = this.#answered
      ? this.#resumption(position)
      : [this.input, { ...this.init, headers: this.#headersAt(position) }];
    try {
      return await send(url, { ...init, signal });
    } catch (error) {
      if (this.#answered || this.#repeatable)
        throw new LossError(`no connection (${reasonOf(error)})`, undefined, error);
      throw new ResumeFailedError(
        `The request failed (${reasonOf(error)}), and whether the server processed it is unknown. ` +
          'Send an Idempotency-Key header to have it repeated.',
        { cause: error },
      );
    }
  }

  #resumption(position: StreamPosition): [string | URL, RequestInit] {
    if (this.#resumeUrl === undefined) {
      throw new ResumeFailedError(
        'The stream broke, and where to ask for the rest is not known. ' +
          'Have the server send Content-Location, or set `resumeUrl`.',
        { sequence: position.sequence },
      );
    }
    const headers = this.#headersAt(position);
    headers.delete('Content-Type');
    return [
      this.#urlAt(position, this.#resumeUrl),
      { ...this.init, method: 'GET', body: null, headers },
    ];
  }

  #headersAt({ id }: StreamPosition): Headers {
    const headers = new Headers(this.#headers);
    if (this.options.position !== 'starting_after' && id !== '') headers.set('Last-Event-ID', id);
    return headers;
  }

  #urlAt({ sequence }: StreamPosition, url: string | URL): string | URL {
    if (this.options.position !== 'starting_after' || sequence === undefined) return url;
    const [address = '', fragment] = String(url).split('#');
    const [path = '', query] = address.split('?');
    const parameters = new URLSearchParams(query);
    parameters.set('starting_after', String(sequence));
    return `${path}?${parameters.toString()}${fragment === undefined ? '' : `#${fragment}`}`;
  }

  #whereToResume(response: Response): string | URL | undefined {
    if (this.options.resumeUrl) return this.options.resumeUrl(response);
    const location = response.headers.get('Content-Location');
    if (location !== null) return response.url ? new URL(location, response.url) : location;
    return isRead(this.init) ? this.input : undefined;
  }

  async #refused(response: Response, { id, sequence }: StreamPosition): Promise<Error> {
    const { status } = response;
    await response.body?.cancel();
    const unprocessed = status === 429 || status === 503;
    // The first of two requests with one key is still being worked on.
    const isInProgress = status === 409 && this.#headers.has('Idempotency-Key');
    if (
      (isTemporary(status) && (this.#answered || this.#repeatable || unprocessed)) ||
      isInProgress
    ) {
      return new LossError(`HTTP ${status}`, retryAfter(response.headers.get('Retry-After')));
    }
    // A read that goes on behind an earlier one asks for a known stream, too.
    const isFirst = !this.#answered && id === '' && sequence === undefined;
    const isHandOff = this.#answered && !this.#resumed && !isRead(this.init);
    return refusal(status, { sequence, isFirst, isHandOff });
  }
}

function isRead({ method }: RequestInit): boolean {
  return /^(GET|HEAD)$/i.test(method ?? 'GET');
}
