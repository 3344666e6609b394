import { Child } from './questions.mjs';

/**
 * Starts the application and passes it to `use`; stops it afterwards, whatever happened.
 * @param how of `fork`: `execArgv`, `execPath`
 */
export async function withServer(parameters, use, how) {
  const child = await Child.start('../server/main.mjs', parameters, how);
  try {
    return await use(child, await child.ask('port'));
  } finally {
    await child.stop();
  }
}

/** Starts several applications at once and passes them to `use`; stops them afterwards, whatever happened. */
export async function withServers(all, use, how) {
  const starting = all.map((parameters) => Child.start('../server/main.mjs', parameters, how));
  try {
    return await use(await Promise.all(starting));
  } finally {
    for (const child of await Promise.allSettled(starting)) await child.value?.stop();
  }
}

/** @returns `cost`: µs of processor that the server took for a task, all threads; `result`: what the task gave */
export async function costOf(server, task) {
  const before = await server.ask('processor');
  const result = await task();
  const after = await server.ask('processor');
  return { cost: after.user + after.system - before.user - before.system, result };
}

/** Starts the process of the clients, in the same way. */
export async function withClients(use) {
  const child = await Child.start('../client/main.mjs');
  try {
    return await use(child);
  } finally {
    await child.stop();
  }
}
