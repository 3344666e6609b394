import { columns, compare, method } from '../support/comparison.mjs';

/** Requests per second, and the server's processor time for one request, with the module and without. */
export async function throughput(effort) {
  const rows = [];
  for (const adapter of ['express', 'fastify']) {
    for (const path of ['/plain', '/stream']) {
      rows.push(await compare(adapter, path, 'bare', 'nestjs-drain', effort));
    }
  }
  rows.push(await compare('express', '/plain', 'bare', 'bare', effort));
  return {
    title: 'Throughput',
    text:
      `${method(effort)} The stream is an \`@Sse()\` of ten small events and its end, a hard case: nothing ` +
      'in it hides the cost of its admission. The last row compares bare Nest with itself, so what it ' +
      'shows is noise.',
    columns,
    rows,
  };
}
