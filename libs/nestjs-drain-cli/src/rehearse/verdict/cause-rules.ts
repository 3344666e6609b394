import {
  after,
  drainNeeded,
  graceOver,
  startedAfterRemoval,
  whileEnding,
  type Circumstances,
  type Loss,
} from './loss.js';
import {
  afterSignal,
  announced,
  connections,
  farewells,
  on,
  requests,
  statuses,
  streams,
  timeout,
} from './loss-words.js';

export interface Explanation {
  /** How many, where, and what happened. */
  readonly what: string;
  readonly remedy: string;
  /** `what` says when by itself. */
  readonly timed?: boolean;
}

export interface CauseRule {
  readonly code: string;
  readonly applies: (loss: Loss) => boolean;
  readonly explain: (losses: readonly Loss[], circumstances: Circumstances) => Explanation;
}

const notTheRollout = 'this is not the rollout: see the log of the service (--verbose)';
const announce = "send Connection: close on every answer from the pod's deletion on";

/** What happened to the pod itself, or to the stream as a whole. */
const fatal: readonly CauseRule[] = [
  {
    code: 'crash',
    applies: ({ pod, attempt }) => !!pod?.crashed && after(attempt.endedAt, pod.at('sigkill')),
    explain: (losses, { advice }) => ({
      what: `${streams(losses)} went down with ${on(losses)}, which crashed`,
      timed: true,
      remedy: `only a resumable stream survives a crash: ${advice.survive}`,
    }),
  },
  {
    code: 'failed-answer',
    applies: (loss) => loss.attempt.told !== undefined && !whileEnding(loss),
    explain: (losses) => ({
      what: `${streams(losses)} got "${farewells(losses)}" from ${on(losses)} while it was serving`,
      timed: true,
      remedy: notTheRollout,
    }),
  },
  {
    code: 'gap',
    applies: ({ missed }) => missed !== undefined,
    explain: (losses) => ({
      what: `${streams(losses)} came back from ${on(losses)} but missed ${losses[0]?.missed}`,
      remedy:
        'give every event an id that counts on over all pods, answer Last-Event-ID with what came after it, or tell subscribers to reconnect (retry:) before the pod ends',
    }),
  },
  {
    code: 'broken-body',
    applies: ({ stream }) => stream.broken !== undefined,
    explain: (losses, circumstances) => ({
      what: `${streams(losses)} from ${on(losses)} ended cleanly, but ${losses[0]?.stream.broken}, so clients take the fragment for the whole`,
      remedy: `let them finish${timeout(losses, circumstances)}, or destroy the connection instead of ending it`,
    }),
  },
];

/** Connections and requests that found no server, or were turned away. */
const refusals: readonly CauseRule[] = [
  {
    code: 'no-endpoint',
    applies: ({ connection }) => connection !== undefined && connection.pod === undefined,
    explain: (losses, { advice }) => ({
      what: `${connections(losses)} found no ready pod`,
      remedy: advice.alwaysOne,
    }),
  },
  {
    code: 'listener-closed',
    applies: ({ connection }) => connection?.refused === true,
    explain: (losses, { advice }) => ({
      what: `${connections(losses)} reached ${on(losses)} after its listener closed`,
      remedy: advice.acceptLonger,
    }),
  },
  {
    code: 'never-stopped',
    applies: (loss) => graceOver(loss) && startedAfterRemoval(loss),
    explain: (losses, circumstances) => ({
      what: `${streams(losses)} began on ${on(losses)} after it was out of the endpoints and still ran when its grace of ${circumstances.gracePeriod / 1000} s was over and it got SIGKILL`,
      timed: true,
      remedy: `a longer grace does not help: ${announce}, so that clients leave, and exit when the last stream has ended`,
    }),
  },
  {
    code: 'grace-over',
    applies: graceOver,
    explain: (losses, circumstances) => ({
      what: `${streams(losses)} still ran on ${on(losses)} when its grace of ${circumstances.gracePeriod / 1000} s was over and it got SIGKILL`,
      timed: true,
      remedy: circumstances.advice.graceFor(
        drainNeeded(losses, circumstances),
        circumstances.gracePeriod,
      ),
    }),
  },
  {
    code: 'silence',
    applies: ({ attempt }) => attempt.ending === 'idle',
    explain: (losses) => ({
      what: `${streams(losses)} on ${on(losses)} went silent`,
      remedy:
        'end or answer every stream before the pod ends; send a heartbeat if silence is normal (or raise --idle-timeout)',
    }),
  },
  {
    code: 'turned-away-new',
    applies: (loss) =>
      loss.attempt.ending === 'status' && whileEnding(loss) && !loss.attempt.reused,
    explain: (losses, { advice }) => ({
      what: `${connections(losses)} reached ${on(losses)} and got ${statuses(losses)}`,
      remedy: advice.acceptLonger,
    }),
  },
  {
    code: 'turned-away-late',
    applies: ({ attempt, farewellsFrom = Infinity }) =>
      attempt.ending === 'status' && attempt.reused && attempt.startedAt >= farewellsFrom,
    explain: (losses, { advice }) => ({
      what: `${requests(losses)} over kept connections got ${statuses(losses)} when ${on(losses)} was ending its streams`,
      remedy: `${advice.drainLonger}; or have clients ask again where they get ${statuses(losses)}`,
    }),
  },
  {
    code: 'turned-away-kept',
    applies: (loss) => loss.attempt.ending === 'status' && whileEnding(loss),
    explain: (losses, { advice }) => ({
      what: `${requests(losses)} over kept connections to ${on(losses)} got ${statuses(losses)}${announced(losses)}`,
      remedy: `${advice.codeMust(announce)}${advice.acceptLonger}`,
    }),
  },
  {
    code: 'turned-away',
    applies: ({ attempt }) => attempt.ending === 'status',
    explain: (losses) => ({
      what: `${requests(losses)} got ${statuses(losses)} from ${on(losses)}`,
      remedy: notTheRollout,
    }),
  },
  {
    code: 'kept-connection-closed',
    applies: (loss) => loss.attempt.ending === 'refused' && loss.attempt.reused,
    explain: (losses) => ({
      what: `${requests(losses)} met the closing of a connection that clients had kept open to ${on(losses)}`,
      remedy: `${announce}, and close idle connections only after clients had time to leave`,
    }),
  },
  {
    code: 'dropped-unanswered',
    applies: (loss) => loss.attempt.ending === 'refused' && (!loss.pod || whileEnding(loss)),
    explain: (losses, { advice }) => ({
      what: `${connections(losses)} to ${on(losses)} got no answer`,
      remedy: `${advice.codeMust('answer what was accepted')}${advice.acceptLonger}`,
    }),
  },
];

/** Streams that had begun. */
const cuts: readonly CauseRule[] = [
  {
    code: 'exited-early',
    applies: ({ pod, attempt }) =>
      attempt.ending === 'reset' && after(attempt.endedAt, pod?.at('exited')),
    explain: (losses, circumstances) => ({
      what: `${on(losses)} exited ${afterSignal(losses)}while ${streams(losses)} ran`,
      timed: true,
      remedy: `let it wait for its streams before it exits${timeout(losses, circumstances)}`,
    }),
  },
  {
    code: 'ended-silently',
    applies: (loss) => loss.attempt.ending === 'clean' && whileEnding(loss),
    explain: (losses, circumstances) => ({
      what: `${on(losses)} ended ${streams(losses)} without the end that is known of them, so clients take the fragment for the whole`,
      remedy: `let them finish${timeout(losses, circumstances)}, or send a farewell before the end`,
    }),
  },
  {
    code: 'unknown-end',
    applies: ({ attempt }) => attempt.ending === 'clean',
    explain: (losses) => ({
      what: `${streams(losses)} from ${on(losses)} ended without the end that is known of them; the last piece was "${losses[0]?.stream.lastPiece ?? ''}"`,
      remedy:
        'if that is their end, name it with --complete-event, --complete-data, --complete-text or --recognise',
    }),
  },
  {
    code: 'broken-off',
    applies: whileEnding,
    explain: (losses, circumstances) => ({
      what: `${on(losses)} broke off ${streams(losses)}`,
      remedy: `let it wait for its streams${timeout(losses, circumstances)}`,
    }),
  },
  {
    code: 'broken',
    applies: () => true,
    explain: (losses) => ({
      what: `${streams(losses)} on ${on(losses)} broke off`,
      remedy: notTheRollout,
    }),
  },
];

/** The first rule that applies explains a loss; the last one applies to all. */
export const causeRules: readonly CauseRule[] = [...fatal, ...refusals, ...cuts];
