import { BullModule } from '@nestjs/bullmq';
import { type BullWorker, JobWatch } from './bull-worker.js';

/** What a queue and a worker of BullMQ have in common. */
interface Configured {
  readonly name: string;
  readonly opts: { readonly connection?: unknown; readonly prefix?: string };
}

type StartedWorker = BullWorker & Configured;

/** A queue of `BullModule.registerQueue({ processors })`. */
export interface QueueWithProcessors extends Configured {
  readonly opts: Configured['opts'] & { readonly processors: readonly unknown[] };
}

const seen = new WeakSet<StartedWorker>();
/** Not taken by an application yet. */
const untaken = new Set<StartedWorker>();
const watched = new WeakSet<object>();

/**
 * Sees the workers of this process where BullMQ starts them: @nestjs/bullmq keeps those of
 * `registerQueue({ processors })` to itself. To be called before an application is made.
 */
export function watchStartedWorkers(): void {
  const prototype = startingPrototype();
  if (!prototype || watched.has(prototype)) return;
  watched.add(prototype);
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called with its worker
  const { run } = prototype;
  prototype.run = function (this: StartedWorker) {
    if (!seen.has(this)) {
      seen.add(this);
      untaken.add(this);
      this.once('closed', () => untaken.delete(this));
      JobWatch.of(this);
    }
    return run.call(this);
  };
}

/**
 * Takes the workers that have been made for this queue, as far as its processors have no connection of
 * their own. Each is taken once, by the application that has just been made.
 */
export function takeWorkersOf(queue: QueueWithProcessors): BullWorker[] {
  const workers = [...untaken].filter(
    (worker) =>
      worker.name === queue.name &&
      worker.opts.connection === queue.opts.connection &&
      prefixOf(worker) === prefixOf(queue),
  );
  for (const worker of workers) untaken.delete(worker);
  return workers;
}

/** BullMQ's default, which BullMQ 5 loses where @nestjs/bullmq hands it an undefined one. */
const prefixOf = ({ opts }: Configured): string => opts.prefix ?? 'bull';

/** Of the class that @nestjs/bullmq uses: its own copy of BullMQ, ESM or CJS, or BullMQ Pro. */
function startingPrototype(): StartedWorker | undefined {
  const { _workerClass } = BullModule as unknown as { _workerClass?: { prototype: StartedWorker } };
  let prototype = _workerClass?.prototype;
  while (prototype && !Object.hasOwn(prototype, 'run')) {
    prototype = Object.getPrototypeOf(prototype) as StartedWorker | undefined;
  }
  return prototype;
}
