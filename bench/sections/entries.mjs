import { columns, compare, method } from '../support/comparison.mjs';

/** What the optional entries cost on top, where they are used and where they are only imported. */
export async function entries(effort) {
  const rows = [];
  for (const path of ['/plain', '/stream']) {
    rows.push(await compare('express', path, 'nestjs-drain', 'with metrics', effort));
  }
  rows.push(await compare('express', '/stream', 'nestjs-drain', 'with resume, unused', effort));
  rows.push(await compare('express', '/stream', 'nestjs-drain', 'nestjs-drain', effort));
  return {
    title: 'Optional entries',
    text:
      `${method(effort)} \`with metrics\` has \`nestjs-drain/metrics\`. \`with resume, unused\` has ` +
      '`nestjs-drain/resume` and a store, and the route is not `resumable`: that must cost nothing. The ' +
      'last row compares the same with the same, so what it shows is noise.',
    columns,
    rows,
  };
}
