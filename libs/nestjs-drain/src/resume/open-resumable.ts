import { wholeSeconds } from '../core/duration.js';
import { createHash } from 'node:crypto';
import type { Attended, FollowedStream, Resumption } from 'nestjs-drain-resume';
import type { HttpStream } from '../streams/http-stream.js';
import type { ResumableOptions } from '../streams/stream-route.js';
import { readLogged, ResumableAnswer } from './resumable-answer.js';
import { refusalException, StreamFinishedException } from './resumption-refusal.js';
import { positionOf } from './stream-position.js';

/** How long an unread stream goes on by default, in seconds. */
const defaultGrace = 30;

export interface OpenedResumable {
  readonly answer: ResumableAnswer;
  /** It goes on where another connection had to stop. */
  readonly resumed: boolean;
}

/**
 * Opens a new stream's log, or finds the one the client comes back to.
 * @param framework the request as the framework knows it
 * @returns undefined if only another replica can go on with the stream.
 * @throws HttpException 204 at the end of the stream, 404, 410, 429, 503.
 */
export async function openResumable(
  stream: HttpStream,
  resumption: Resumption,
  framework: object,
): Promise<OpenedResumable | undefined> {
  const position = positionOf(stream.transport.request);
  const options = resumableOptions(stream);
  const principal = options.principal?.(framework) ?? bearerOf(stream);
  const attended: Attended = position
    ? await resumption.resume(position.id, principal, position.after)
    : await resumption.start({
        principal,
        request: loggedRequest(framework),
        background: options.background ?? false,
        grace: options.grace ?? defaultGrace,
      });
  if (attended.outcome === 'leaving') return undefined;
  if (attended.outcome !== 'open') throw refused(stream, attended.outcome);
  if (await isFinished(attended.stream)) throw new StreamFinishedException();
  if (position) restoreRequest(framework, attended.stream.request);
  if (resumption.handOff) stream.handOffBy(resumption.handOff);
  // Relative, so that it holds behind whatever rewrites paths.
  stream.transport.response.setHeader('Content-Location', `?resume=${attended.stream.id}`);
  const answer = new ResumableAnswer(stream, attended.stream);
  return { answer, resumed: position !== undefined };
}

/** The end itself is logged as well, but is no event for a client. */
async function isFinished(stream: FollowedStream): Promise<boolean> {
  if (stream.left !== 1) return stream.left === 0;
  const noTakeOver = () => undefined;
  for await (const { payload } of stream.events(noTakeOver, new AbortController().signal)) {
    return 'end' in readLogged(payload);
  }
  return true;
}

function resumableOptions({ transport: { declared } }: HttpStream): ResumableOptions {
  return typeof declared.resumable === 'object' ? declared.resumable : {};
}

function refused(stream: HttpStream, outcome: Exclude<Attended['outcome'], 'open'>): Error {
  const exception = refusalException(outcome, stream.transport.retryAfter);
  if (exception.getStatus() === 503) {
    stream.transport.response.setHeader('Retry-After', wholeSeconds(stream.transport.retryAfter));
  }
  return exception;
}

/** Whoever has the same credentials. Without any, the unguessable id alone protects a stream. */
function bearerOf({ transport: { request } }: HttpStream): string {
  const { authorization } = request.headers;
  if (authorization === undefined) return 'anonymous';
  return createHash('sha256').update(authorization).digest('hex');
}

/** The parts of a request that handlers take their input from. Headers are not logged: they carry credentials. */
const parts = ['body', 'params', 'query'] as const;

/** What is logged with a stream, so that any replica can run its handler again. */
export function loggedRequest(request: object): string {
  const given = request as Record<string, unknown>;
  return JSON.stringify(Object.fromEntries(parts.map((part) => [part, given[part]])));
}

/** Gives a request that resumes a stream the input that the stream was started with. */
export function restoreRequest(request: object, logged: string): void {
  for (const [part, value] of Object.entries(JSON.parse(logged) as object)) {
    // Express 5 has a getter for the query.
    Object.defineProperty(request, part, { value, configurable: true, writable: true });
  }
}
