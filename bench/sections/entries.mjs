import { validity } from './throughput.mjs';
import { columns, compare, method } from '../support/comparison.mjs';

/** What the optional entries cost on top, where they are used and where they are only imported. */
export async function entries(effort) {
  const base = { adapter: 'express', against: 'nestjs-drain' };
  const onPlain = [{ of: 'with metrics', goal: 0.99 }];
  const onStream = [
    { of: 'with metrics', goal: 0.98 },
    { of: 'with resume, unused', goal: 0.99 },
  ];
  const rows = [
    ...(await compare({ ...base, path: '/plain', others: onPlain }, effort)),
    ...(await compare({ ...base, path: '/stream', others: onStream }, effort)),
  ];
  return {
    title: 'Optional entries',
    text:
      `${method(effort)}\`with metrics\` has \`nestjs-drain/metrics\`. \`with resume, unused\` has ` +
      '`nestjs-drain/resume` and a store, and the route is not `resumable`: that must cost nothing. ' +
      validity(rows),
    columns,
    rows: rows.map(({ cells }) => cells),
  };
}
