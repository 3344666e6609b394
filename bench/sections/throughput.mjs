import { columns, compare, method } from '../support/comparison.mjs';

const goals = { '/plain': 0.99, '/stream': 0.98 };

/** What one request costs the server, with the module and without. */
export async function throughput(effort) {
  const rows = [];
  for (const adapter of ['express', 'fastify']) {
    const bare = { adapter, against: 'bare', of: 'bare', path: '/stream' };
    rows.push(await compare(bare, effort));
    for (const [path, goal] of Object.entries(goals)) {
      const ours = { adapter, path, against: 'bare', of: 'nestjs-drain', goal };
      rows.push(await compare(ours, effort));
    }
  }
  return {
    title: 'Cost of a request',
    text:
      `${method(effort)}The stream is an \`@Sse()\` of ten small events and its end, a hard case: nothing ` +
      'in it hides the cost of its admission. The rows of bare Nest against itself tell what the yardstick is ' +
      `worth: where such an interval does not hold 1.00, the run is void. ${validity(rows)}`,
    columns,
    rows: rows.map(({ cells }) => cells),
  };
}

export function validity(rows) {
  return rows.some(({ isVoid }) => isVoid) ? '**This run is void.**' : 'This run is valid.';
}
