import { startRecipe, type Cleanups, type RecipeProcess } from './recipe.js';

/** What an endless subscription tells: one event, by the process that sent it and its number there; or its failure. */
export interface Listener {
  readonly event: (replica: number, n: number) => void;
  readonly failed: (error: unknown) => void;
}

/**
 * An endless subscription through SIGTERM: at its event 5 the replica is terminated, and the next one listens in its
 * place when it has gone. What its client has seen, in words.
 * @param subscribe begins the subscription, and ends it by the function that it returns
 */
export async function goesOnAtNextReplica(
  name: string,
  app: RecipeProcess,
  cleanups: Cleanups,
  subscribe: (listener: Listener) => () => void,
): Promise<string> {
  const replicas = new Set<number>();
  let unsubscribe = (): void => undefined;
  const goesOn = new Promise<void>((resolve, reject) => {
    const event = (replica: number, n: number): void => {
      replicas.add(replica);
      if (replicas.size === 1 && n === 5) app.terminate();
      if (replicas.size === 2) resolve();
    };
    unsubscribe = subscribe({ event, failed: reject });
  });
  goesOn.catch(() => undefined);
  cleanups.push(unsubscribe);
  await app.exited;
  const next = await startRecipe(name, { PORT: new URL(app.url).port });
  cleanups.push(() => next.stop());
  await goesOn;
  // Before its replica is stopped, too.
  unsubscribe();
  return 'goes on at the next replica, without a word from the application';
}
