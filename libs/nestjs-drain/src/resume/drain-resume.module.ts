import {
  type DynamicModule,
  type FactoryProvider,
  Module,
  type ModuleMetadata,
} from '@nestjs/common';
import {
  type HandOffTime,
  InvalidResumeOptionsError,
  KeyedStreams,
  type PayloadCodec,
  StreamProducers,
  type StreamProducersOptions,
  ResumableStreamService,
  withCodec,
} from 'nestjs-drain-resume';
import { DrainLog } from '../compat/nest-logger.js';
import { forRootDone, requireFactory, requireForRoot } from '../compat/for-root.js';
import type { Clock } from '../core/clock.js';
import { Drain } from '../core/drain.js';
import {
  flag,
  oneOf,
  optionProblems,
  text,
  unchecked,
  withMethods,
  type OptionChecks,
} from '../core/option-checks.js';
import { DRAIN, RESUMPTION } from '../core/tokens.js';
import { LogResumption } from './log-resumption.js';
import { isStore, misplacedStore, missingStore, resumeStore } from './store-option.js';
import { StoreReadiness } from './store-readiness.js';
import { UnreadableRoutes } from './unreadable-routes.js';

/** All times in seconds. */
export interface DrainResumeOptions extends Omit<StreamProducersOptions, 'clock' | 'onError'> {
  /**
   * Whether other replicas go on with this one's streams. Default: as the store can. `true` refuses to start on a
   * store that no other replica sees.
   */
  acrossReplicas?: boolean;
  /**
   * When a draining replica gives up its unfinished streams. `deadline` (default): those that have not ended by
   * then. `eager`: all, as soon as it refuses new ones. Only across replicas; elsewhere they get their farewell.
   */
  handOff?: HandOffTime;
  /** How payloads look in the store, for example encrypted. */
  codec?: PayloadCodec;
  /**
   * Whether `/ready` answers 503 while the store cannot be asked: for a service that cannot work without it. All
   * replicas on one store go out of service together. Default false.
   */
  readiness?: boolean;
}

export interface DrainResumeAsyncOptions {
  imports?: ModuleMetadata['imports'];
  inject?: FactoryProvider['inject'];
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as Nest's own FactoryProvider: what is injected is the user's
  useFactory: (...dependencies: any[]) => DrainResumeOptions | Promise<DrainResumeOptions>;
}

const OPTIONS = Symbol.for('nestjs-drain.ResumeOptions');

/**
 * Makes `@DrainableStream({ resumable: true })` work, and offers `KeyedStreams` and
 * `ResumableStreamService` to handlers that log and replay on their own. Import it once, in the root module beside `GracefulShutdownModule`.
 * Impossible options throw an InvalidResumeOptionsError at start, with the remedy.
 */
@Module({ providers: [requireForRoot('DrainResumeModule')] })
export class DrainResumeModule {
  static forRoot(options: DrainResumeOptions): DynamicModule {
    return DrainResumeModule.forRootAsync({ useFactory: () => options });
  }

  static forRootAsync(options: DrainResumeAsyncOptions): DynamicModule {
    requireFactory('DrainResumeModule', options, ['useFactory']);
    const { imports, inject, useFactory } = options;
    return {
      module: DrainResumeModule,
      global: true,
      imports: imports ?? [],
      providers: [
        forRootDone,
        { provide: OPTIONS, inject: inject ?? [], useFactory },
        {
          provide: ResumableStreamService,
          inject: [DRAIN, OPTIONS],
          useFactory: serviceOf,
        },
        {
          provide: KeyedStreams,
          inject: [ResumableStreamService],
          useFactory: (service: ResumableStreamService) => new KeyedStreams(service),
        },
        {
          provide: RESUMPTION,
          inject: [ResumableStreamService, DRAIN, OPTIONS],
          useFactory: (
            service: ResumableStreamService,
            drain: Drain,
            { maxPendingBytes }: DrainResumeOptions,
          ) => new LogResumption(service, drain, maxPendingBytes),
        },
        UnreadableRoutes,
        {
          provide: StoreReadiness,
          inject: [DRAIN, OPTIONS],
          useFactory: (drain: Drain, { store, readiness }: DrainResumeOptions) =>
            readiness ? new StoreReadiness(store, drain).start() : undefined,
        },
      ],
      exports: [ResumableStreamService, KeyedStreams, RESUMPTION],
    };
  }
}

/** What `StreamProducers` checks itself is `unchecked` here. */
const checks: Record<keyof DrainResumeOptions, OptionChecks[string]> = {
  store: resumeStore,
  owner: text,
  lease: unchecked,
  ttl: unchecked,
  storeTimeout: unchecked,
  maxPendingBytes: unchecked,
  maxAttempts: unchecked,
  acrossReplicas: flag,
  handOff: oneOf('deadline', 'eager'),
  codec: withMethods('encode', 'decode'),
  readiness: flag,
};

/** @throws InvalidResumeOptionsError naming every problem and its remedy. */
function refuse(options: DrainResumeOptions): void {
  const problems = isStore(options) ? [misplacedStore] : optionProblems(options, checks);
  if (problems.length === 0 && !options.store) problems.push(missingStore);
  if (problems.length === 0) return;
  throw new InvalidResumeOptionsError(
    `DrainResumeModule cannot start:\n${problems.map((line) => `  - ${line}`).join('\n')}`,
  );
}

function serviceOf(drain: Drain, options: DrainResumeOptions): ResumableStreamService {
  refuse(options);
  const { store, codec, acrossReplicas = store.shared, handOff } = options;
  if (!store.shared && (acrossReplicas || handOff !== undefined)) {
    throw new InvalidResumeOptionsError(
      'Streams are to be handed to other replicas (`acrossReplicas`, `handOff`), but no other replica sees this ' +
        'store; set `store` to a RedisResumeStore, or leave those options out.',
    );
  }
  const { clock } = drain;
  const onError = complaints(clock);
  const when = acrossReplicas ? (handOff ?? 'deadline') : undefined;
  const streams = new StreamProducers({
    ...options,
    store: codec ? withCodec(store, codec) : store,
    clock,
    onError,
  });
  const producers = drain.count('producers', { awaitsLateWork: true });
  const service = new ResumableStreamService(streams, {
    clock,
    handOff: when,
    // Where no other replica has them, streams go on here until the deadline.
    isLeaving: () => when !== undefined && drain.isShuttingDown,
    deadline: when ? drain.expired : drain.allTold,
    endsUnread: () => !when && drain.streams.isClosed,
    track: (production) => producers.track(production),
    onError,
  });
  if (when) handOffWith(drain, service, when);
  else {
    drain.events.on('phaseChanged', ({ phase }) => {
      if (phase === 'draining') service.endUnread();
    });
  }
  return service;
}

/** A store that fails, fails for every stream: the same complaint is logged once in 10 s. */
function complaints(clock: Clock): (error: unknown) => void {
  const logger = new DrainLog('DrainResume');
  const told = new Map<string, number>();
  return (error) => {
    const message = error instanceof Error ? error.message : String(error);
    const last = told.get(message) ?? -Infinity;
    if (clock.now() - last < 10_000) return;
    if (told.size > 100) told.clear();
    told.set(message, clock.now());
    logger.warn(message);
  };
}

/** Releases streams without readers too. */
function handOffWith(drain: Drain, service: ResumableStreamService, when: HandOffTime): void {
  drain.expired.addEventListener('abort', () => void service.releaseAll());
  if (when === 'deadline') return;
  drain.events.on('phaseChanged', ({ phase }) => {
    if (phase !== 'draining') return;
    drain.makeIrreversible();
    void service.releaseAll();
  });
}
