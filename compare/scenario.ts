import { type RehearsalOptions } from 'nestjs-drain-cli/rehearse';

/** One load on one kind of pod, the same for every variant. */
export interface Scenario {
  readonly title: string;
  /** terminationGracePeriodSeconds. */
  readonly grace: number;
  /** How long one stream lasts, in milliseconds. */
  readonly streamLength: number;
  readonly load: Pick<RehearsalOptions, 'load' | 'connections' | 'clients'>;
}

const plain = ['json:/plain'];
const streams = ['post:/stream'];

export const scenarios: readonly Scenario[] = [
  {
    title: 'Plain requests, kept connections',
    grace: 20,
    streamLength: 4000,
    load: { load: plain, connections: 'keep-alive', clients: 30 },
  },
  {
    title: 'Plain requests, fresh connections',
    grace: 20,
    streamLength: 4000,
    load: { load: plain, connections: 'fresh', clients: 30 },
  },
  {
    title: '4 s streams, kept connections',
    grace: 20,
    streamLength: 4000,
    load: { load: streams, connections: 'keep-alive', clients: 40 },
  },
  {
    title: '4 s streams, fresh connections',
    grace: 20,
    streamLength: 4000,
    load: { load: streams, connections: 'fresh', clients: 40 },
  },
  {
    title: '15 s streams, 10 s grace',
    grace: 10,
    streamLength: 15_000,
    load: { load: streams, connections: 'fresh', clients: 40 },
  },
];

/** How late the balancer learns of a deletion: a rolling update's 0.2 to 0.9 s, and some. */
export const propagation = '1.5s';
