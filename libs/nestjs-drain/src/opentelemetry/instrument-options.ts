import { durationBuckets, type MetricDefinition } from '../core/metric-definitions.js';

/** What every instrument's name starts with. */
export const nameOf = ({ name }: MetricDefinition): string => `nestjs_drain.${name}`;

/** The other words that an instrument is made with. */
export const wordsOf = ({ help, unit }: MetricDefinition) => ({
  description: help,
  ...(unit && { unit }),
});

/** What a histogram of seconds is made with. */
export const histogramOf = (definition: MetricDefinition) => ({
  ...wordsOf(definition),
  advice: { explicitBucketBoundaries: [...durationBuckets] },
});
