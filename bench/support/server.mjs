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

/** Starts the process of the clients, in the same way. */
export async function withClients(use) {
  const child = await Child.start('../client/main.mjs');
  try {
    return await use(child);
  } finally {
    await child.stop();
  }
}
