/** The metadata by which the queue packages know their workers. Only their own packages declare these. */
const BULLMQ_PROCESSOR = 'bullmq:processor_metadata';
const BULL_PROCESSOR = 'bull:module_queue';
const BULL_PROCESS = 'bull:module_queue_process';
/** On the methods of @nestjs/schedule: they have no job that could be lost, so they may be skipped. */
const SCHEDULED = 'SCHEDULER_TYPE';

type Method = (...args: never[]) => unknown;

const bullmqRemedy =
  "import DrainQueueModule.forRoot() from 'nestjs-drain/queue': it pauses the worker and waits for its jobs";
const bullRemedy =
  'pause the worker in a `beforeDrain()` hook: `return this.queue.pause(true)` waits for its jobs too';

/**
 * When `@DrainableTask()` is applied: the one method that works on jobs in every class that
 * @nestjs/bullmq accepts. By name, because the package is optional here.
 * @throws TypeError with the remedy
 */
export function refuseWorkerHost(target: object, key: string | symbol): void {
  if (key !== 'process') return;
  const isHost = prototypesOf(target).some(({ constructor }) => constructor.name === 'WorkerHost');
  if (isHost) throw refusal(`${target.constructor.name}.process`, bullmqRemedy);
}

/**
 * When Nest has made an instance: by then `@Processor()`, `@Process()` and all decorators of all base
 * classes have been applied. In a worker's class only scheduled methods are not part of a job.
 * @throws TypeError with the remedy
 */
export function refuseQueueWorker(instance: object, isTask: (method: object) => boolean): void {
  const { constructor } = instance;
  const isBullmq = Reflect.hasMetadata(BULLMQ_PROCESSOR, constructor);
  if (!isBullmq && !Reflect.hasMetadata(BULL_PROCESSOR, constructor)) return;
  for (const [key, method] of methodsOf(instance)) {
    if (!isTask(method)) continue;
    if (Reflect.hasMetadata(SCHEDULED, method) && !Reflect.hasMetadata(BULL_PROCESS, method))
      continue;
    const remedy = isBullmq ? bullmqRemedy : bullRemedy;
    throw refusal(`${constructor.name}.${key}`, remedy);
  }
}

const refusal = (method: string, remedy: string): TypeError =>
  new TypeError(
    `${method}() belongs to a queue worker, and @DrainableTask() would skip it while draining: its jobs ` +
      `would count as completed without having run. Remove the decorator and ${remedy}.`,
  );

function methodsOf(instance: object): [string, Method][] {
  const properties = prototypesOf(instance).flatMap((prototype) =>
    Object.entries(Object.getOwnPropertyDescriptors(prototype)),
  );
  return properties.flatMap(([key, { value }]) =>
    typeof value === 'function' ? [[key, value as Method]] : [],
  );
}

function prototypesOf(target: object): object[] {
  const prototypes: object[] = [];
  for (
    let one = target as object | null;
    one && one !== Object.prototype;
    one = Object.getPrototypeOf(one) as object | null
  ) {
    prototypes.push(one);
  }
  return prototypes;
}
