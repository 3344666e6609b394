import {
  type DynamicModule,
  type FactoryProvider,
  Logger,
  Module,
  type ModuleMetadata,
} from '@nestjs/common';
import {
  type HandOffTime,
  InvalidResumeOptionsError,
  type PayloadCodec,
  StreamProducers,
  type StreamProducersOptions,
  ResumableStreamService,
  withCodec,
} from 'nestjs-drain-resume';
import type { Clock } from '../core/clock.js';
import { Drain } from '../core/drain.js';
import { DRAIN, RESUMPTION } from '../core/tokens.js';

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
}

export interface DrainResumeAsyncOptions {
  imports?: ModuleMetadata['imports'];
  inject?: FactoryProvider['inject'];
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as Nest's own FactoryProvider: what is injected is the user's
  useFactory: (...dependencies: any[]) => DrainResumeOptions | Promise<DrainResumeOptions>;
}

const OPTIONS = Symbol.for('nestjs-drain.ResumeOptions');

/**
 * Makes `@DrainableStream({ resumable: true })` work, and offers `ResumableStreamService` to handlers that log and
 * replay on their own. Import it once, in the root module beside `GracefulShutdownModule`.
 * Impossible options throw an InvalidResumeOptionsError at start, with the remedy.
 */
@Module({})
export class DrainResumeModule {
  static forRoot(options: DrainResumeOptions): DynamicModule {
    return DrainResumeModule.forRootAsync({ useFactory: () => options });
  }

  static forRootAsync({ imports, inject, useFactory }: DrainResumeAsyncOptions): DynamicModule {
    return {
      module: DrainResumeModule,
      global: true,
      imports: imports ?? [],
      providers: [
        { provide: OPTIONS, inject: inject ?? [], useFactory },
        {
          provide: ResumableStreamService,
          inject: [DRAIN, OPTIONS],
          useFactory: resumptionOf,
        },
        { provide: RESUMPTION, useExisting: ResumableStreamService },
      ],
      exports: [ResumableStreamService, RESUMPTION],
    };
  }
}

function resumptionOf(drain: Drain, options: DrainResumeOptions): ResumableStreamService {
  const { store, codec, acrossReplicas = store.shared, handOff, ...rest } = options;
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
    ...rest,
    store: codec ? withCodec(store, codec) : store,
    clock,
    onError,
  });
  const resumption = new ResumableStreamService(streams, {
    clock,
    lease: options.lease ?? 5,
    handOff: when,
    isLeaving: () => drain.isShuttingDown,
    deadline: drain.expired,
    track: (production) => drain.tasks.track(production),
    onError,
  });
  if (when) handOffWith(drain, resumption, when);
  return resumption;
}

/** A store that fails, fails for every stream: the same complaint is logged once in 10 s. */
function complaints(clock: Clock): (error: unknown) => void {
  const logger = new Logger('DrainResume');
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

/** Also what nobody reads at that moment is released. */
function handOffWith(drain: Drain, resumption: ResumableStreamService, when: HandOffTime): void {
  drain.expired.addEventListener('abort', () => void resumption.releaseAll());
  if (when === 'deadline') return;
  drain.events.subscribe((event) => {
    if (event.type !== 'phaseChanged' || event.phase !== 'draining') return;
    drain.makeIrreversible();
    void resumption.releaseAll();
  });
}
