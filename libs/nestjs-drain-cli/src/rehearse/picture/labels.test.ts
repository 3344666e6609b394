import { expect, it } from '@jest/globals';
import { type PodEvent } from '../journal.js';
import { labelsOf } from './labels.js';

const at = (time: number, kind: PodEvent['kind']): PodEvent => ({ at: time, pod: 'pod-1', kind });

it('labels that have room stand in the lower row', () => {
  const labels = labelsOf([at(0, 'ready'), at(300, 'deleted')], (time) => time);
  expect(labels.map(({ text, row }) => [text, row])).toEqual([
    ['ready', 0],
    ['deleted', 0],
  ]);
});

it('a label without room goes up, and shares one when there is none either', () => {
  const events = [at(0, 'deleted'), at(5, 'endpointRemoved'), at(10, 'sigterm'), at(400, 'exited')];
  const labels = labelsOf(events, (time) => time);
  expect(labels.map(({ text, row }) => [text, row])).toEqual([
    ['deleted · SIGTERM', 0],
    ['gone', 0],
    ['no new connections', 1],
  ]);
});

it('a label at the right edge is written to the left', () => {
  const [label] = labelsOf([at(1250, 'endpointRemoved')], (time) => time);
  expect(label?.anchor).toBe('end');
});
