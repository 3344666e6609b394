import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { platformNames, platforms } from './platforms.js';
import { profiles } from './profiles.js';

const page = readFileSync(new URL('../../../../../docs/rehearse.md', import.meta.url), 'utf8');

describe.each(platformNames)('the platform %s', (name) => {
  const { signal, grace, longestGrace, graceLimit, startFirst, lead, propagation, traffic } =
    platforms[name];

  it('gives no more grace than it can, and a lead only where traffic ends first', () => {
    expect(grace).toBeLessThanOrEqual(longestGrace ?? Infinity);
    if (traffic !== 'first') expect(lead).toBe(0);
  });

  it('stands in the table of the documentation as it is played', () => {
    const row = page.split('\n').find((line) => line.startsWith(`| \`${name}\``)) ?? '';
    expect(row).toContain(signal);
    expect(row).toContain(`${grace / 1000} s`);
    if (graceLimit !== undefined) expect(row).toContain(graceLimit.split(' of ')[0]);
    expect(row).toContain(startFirst ? '| first' : '| afterwards');
    if (lead > 0) expect(row).toContain(`${lead / 1000} s before the signal`);
    if (traffic === 'beside' && propagation > 0) {
      expect(row).toContain(`${propagation / 1000} s late`);
    }
  });
});

it('Kubernetes takes its delay from the rolling updates that were measured', () => {
  expect(platforms.kubernetes.propagation).toBe(profiles['rolling-update'].propagation);
});
