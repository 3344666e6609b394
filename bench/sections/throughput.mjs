import { columns, compare, method } from '../support/comparison.mjs';

export const goals = { '/plain': 0.99, '/stream': 0.98 };

const ours = (path) => ({ of: 'nestjs-drain', goal: goals[path] });

/** Against bare Nest: what it costs to do by hand a part of what the library does, and what the library costs. */
const others = {
  '/plain': [ours('/plain')],
  '/stream': [{ of: 'counted by hand' }, { of: 'counted and cancelled by hand' }, ours('/stream')],
};

/** A first look leaves out the rows that only tell the limit. */
const isJudged = ({ goal }) => goal !== undefined;

/** What one request costs the server, with the module and without. */
export async function throughput(effort) {
  const rows = [];
  for (const adapter of ['express', 'fastify']) {
    for (const [path, all] of Object.entries(others)) {
      const measured = effort.quick ? all.filter(isJudged) : all;
      rows.push(...(await compare({ adapter, path, against: 'bare', others: measured }, effort)));
    }
  }
  return {
    title: 'Cost of a request',
    text:
      `${method(effort)}\`/plain\` is a JSON answer of a controller without \`@DrainableStream()\`. \`/stream\` is ` +
      'an `@Sse()` of ten small events and its end, with the decorator: a hard case, because nothing ' +
      'in it hides the cost of its admission. What is possible at all is told by bare Nest and the least that application ' +
      'code can do: *counted by hand*, a guard that puts the ' +
      'response into a Set until it closes; *counted and cancelled by hand*, an interceptor besides, with `takeUntil`, ' +
      'which could end the events and says no farewell. The rows of bare Nest against itself tell what the ' +
      `yardstick is worth: where such an interval does not hold 1.00, the run is void. ${validity(rows)}`,
    columns,
    rows: rows.map(({ cells }) => cells),
  };
}

export function validity(rows) {
  return rows.some(({ isVoid }) => isVoid) ? '**This run is void.**' : 'This run is valid.';
}
