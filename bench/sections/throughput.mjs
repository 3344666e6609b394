import { columns, compare, method } from '../support/comparison.mjs';

export const goals = { '/plain': 0.99, '/stream': 0.98 };

/** What one request costs the server, with the module and without. */
export async function throughput(effort) {
  const rows = [];
  for (const adapter of ['express', 'fastify']) {
    const controls = ['bare', 'bare, with a guard'];
    for (const of of controls) {
      rows.push(await compare({ adapter, path: '/stream', against: 'bare', of }, effort));
    }
    for (const [path, goal] of Object.entries(goals)) {
      const ours = { adapter, path, against: 'bare', of: 'nestjs-drain', goal };
      rows.push(await compare(ours, effort));
    }
  }
  return {
    title: 'Cost of a request',
    text:
      `${method(effort)}\`/plain\` is a JSON answer of a controller without \`@DrainableStream()\`. \`/stream\` is ` +
      'an `@Sse()` of ten small events and its end, with the decorator: a hard case, because nothing ' +
      'in it hides the cost of its admission. *With a guard*: bare Nest and a guard of three words that lets everything ' +
      'pass, which tells what Nest itself takes to call one. The rows of bare Nest against itself tell what the ' +
      `yardstick is worth: where such an interval does not hold 1.00, the run is void. ${validity(rows)}`,
    columns,
    rows: rows.map(({ cells }) => cells),
  };
}

export function validity(rows) {
  return rows.some(({ isVoid }) => isVoid) ? '**This run is void.**' : 'This run is valid.';
}
