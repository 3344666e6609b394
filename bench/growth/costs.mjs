import { isValid } from './resumable.mjs';

/** µs; less is lost in what a machine does besides. */
const measurable = 0.5;
const nodes = 3;

/**
 * What the plan takes from the curves. `at`: what depends on the streams of a pod, by their number; the rest is that of
 * the largest crowd, which stands for a busy replica and a busy Redis.
 */
export function costsOf({ open, told, resumable }) {
  const streams = open.points.filter(({ party }) => party === 'Express');
  const ended = told.points.filter(({ adapter }) => adapter === 'express');
  const [event, opening] = ['event', 'opening'].map((name) => interpolated(streams, name));
  const ending = interpolated(ended, 'cost');
  const logged = rowsOf(resumable, 'one server');
  const { redis, replica, rate, takeOver, takeOverReplica } = logged.at(-1);
  return {
    at: (size) => ({ event: event(size), opening: opening(size), ending: ending(size) }),
    resident: streams.at(-1).resident,
    ...{ redis, replica, rate, takeOver, takeOverReplica },
    bytes: resumable.points[0].bytes,
    broadcasts: broadcastsOf(logged, rowsOf(resumable, 'cluster of three'), rate),
  };
}

/**
 * The cost between two measured sizes, in proportion to the logarithm of the size; beyond them, that of the nearest.
 * @param points by size
 */
function interpolated(points, name) {
  return (size) => {
    const above = points.findIndex((point) => point.size >= size);
    if (above < 0) return points.at(-1)[name];
    if (above === 0) return points[0][name];
    const [low, high] = points.slice(above - 1, above + 1);
    const share = Math.log(size / low.size) / Math.log(high.size / low.size);
    return low[name] + (high[name] - low[name]) * share;
  };
}

const rowsOf = ({ points }, name) =>
  points.filter((point) => point.topology === name && isValid(point));

/** µs of each node of a cluster for every event of the whole cluster, as each pair of rows with the highest rate gives it. */
function broadcastsOf(servers, clusters, rate) {
  return servers.flatMap((server) => {
    const cluster = clusters.find(({ size }) => size === server.size);
    if (!cluster || server.rate < rate) return [];
    return [Math.max((cluster.redis - server.redis) / nodes, measurable)];
  });
}
