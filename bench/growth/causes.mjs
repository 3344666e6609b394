import { availableParallelism } from 'node:os';

/** Why the cost of one rises where it does, or falls: found with V8's profiler and with `INFO commandstats`. */
export const causes = {
  open: ({ charts }) =>
    'Where the cost of an event rises, it goes to hundreds of streams in the same turn: what belongs to the writes lives ' +
    'until the end of the turn, so the collector copies it, and the sockets probably no longer fit into the caches. ' +
    `${bareText(charts.event)} Where the heap for one stream is flat, the library keeps nothing for a stream that grows ` +
    'with their number.',
  told: () =>
    'What a drain costs once is shared by all its streams, and V8 goes on optimizing the way of a farewell while they are ' +
    'told: both probably make one stream cheaper where there are many. They are told one after the other, so the ' +
    'time to tell them all grows with their number. Each stream has its whole `flushTimeout` behind its farewell; where the ' +
    'telling takes long, the drain begins before the deadline.',
  resumable: () =>
    'Few streams cost more for each event, because each event is a round trip of its own: a read and a write of the socket, ' +
    'and what an idle server does anyway. The events of many streams in one turn go out in one write. In a cluster the ' +
    '`PUBLISH` of each append goes to all nodes, which is most of the difference between the two lines. With thousands of ' +
    'streams the same number of events is spread over more keys, which Redis finds in its memory and probably no longer in ' +
    'the caches of the processor: with 5 000 an event cost a quarter more on one machine, and a half more on one with ' +
    'slower memory.',
  replicas: () =>
    'Each replica has a connection of its own, and its events reach Redis in writes of their own: no replica saves another ' +
    'one a read or a write. A busier Redis finds more of them in one turn of its loop; so what a turn costs besides, and ' +
    'what an idle server does anyway, is shared by more events. The replicas share the ' +
    `${availableParallelism()} cores of this machine with Redis: where they are full, the p50 tells how long an event ` +
    'waited for one of them, not what a replica does to another.',
};

/** Bare Nest was measured on Express alone, so it can be compared with nothing else. */
function bareText({ series }) {
  const timesOf = (wanted) => {
    const costs = series.find(({ name }) => name === wanted).points.map(([, cost]) => cost);
    return (costs.at(-1) / Math.min(...costs)).toFixed(1);
  };
  const [[size]] = series[0].points.slice(-1);
  return (
    `On Express an event to one of ${size} streams costs ${timesOf('Express')} times the least with the library, and ` +
    `${timesOf('Express, bare Nest')} times the least in bare Nest, which was not measured on Fastify.`
  );
}
