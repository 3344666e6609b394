import getPort from 'get-port';
import { type Ports } from './template.js';

/** Free loopback ports: the main one, and one for each further name. */
export async function freePorts(names: readonly string[]): Promise<Ports> {
  const ports = new Map<string, number>();
  for (const name of ['', ...names]) ports.set(name, await getPort({ host: '127.0.0.1' }));
  return ports;
}
