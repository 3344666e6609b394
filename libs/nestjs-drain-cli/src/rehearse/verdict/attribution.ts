import { type Connection, type Traffic } from '../balancer/balancer.js';
import { type Attempt, type Stream } from '../load/stream.js';

/** The connections that attempts went over. */
export type Connections = ReadonlyMap<Attempt, Connection>;

/** A balancer's own clock may be so far off, in milliseconds. */
const clockError = 2;

/** Finds each attempt's connection at the balancer and notes the pod behind it. */
export function attribute(streams: readonly Stream[], traffic: Traffic): Connections {
  const byPort = new Map<number, Connection[]>();
  for (const connection of traffic.connections) {
    const known = byPort.get(connection.clientPort);
    if (known) known.push(connection);
    else byPort.set(connection.clientPort, [connection]);
  }
  const found = new Map<Attempt, Connection>();
  const attempts = streams.flatMap((stream) => stream.attempts);
  for (const attempt of attempts) {
    // Ports are used again: the attempt's connection is the last that was opened before it, or in it.
    const latest = attempt.reused ? attempt.startedAt - clockError : attempt.endedAt + clockError;
    const connection = byPort.get(attempt.clientPort ?? 0)?.findLast(({ at }) => at <= latest);
    if (connection) found.set(attempt, connection);
    const pod = (attempt.server && traffic.podNamed(attempt.server)) || connection?.pod;
    if (pod !== undefined) attempt.pod = pod;
  }
  attributeRefused(attempts, traffic.connections, found);
  return found;
}

/**
 * A connection that is reset the moment it stands leaves its client without a port of its own. It is one of
 * those that a pod refused at that time, and they are all alike.
 */
function attributeRefused(
  attempts: readonly Attempt[],
  connections: readonly Connection[],
  found: Map<Attempt, Connection>,
): void {
  const known = new Set(found.values());
  const left = connections.filter(
    (connection) => (connection.refused || connection.pod === undefined) && !known.has(connection),
  );
  for (const attempt of attempts) {
    if (attempt.clientPort !== undefined || attempt.ending !== 'refused') continue;
    const index = left.findIndex(
      ({ at }) => at >= attempt.startedAt - clockError && at <= attempt.endedAt + clockError,
    );
    const [connection] = index < 0 ? [] : left.splice(index, 1);
    if (!connection) continue;
    found.set(attempt, connection);
    if (connection.pod !== undefined) attempt.pod = connection.pod;
  }
}
