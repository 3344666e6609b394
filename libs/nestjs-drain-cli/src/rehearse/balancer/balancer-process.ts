// Runs as a process of its own, so that passing bytes on delays neither the kubelet nor the clients.
import { say, serve } from '../children/helper.js';
import { watchLateness, type Stall } from '../children/lateness.js';
import { systemClock } from '../clock.js';
import { type Endpoint } from '../pods/endpoints.js';
import { RoundRobin } from '../pods/round-robin.js';
import { type Connection } from './balancer.js';
import { EmbeddedBalancer } from './embedded-balancer.js';

export type BalancerOrder =
  { readonly open: number } | { readonly routable: readonly Endpoint[] } | { readonly close: true };

export interface BalancerWord {
  readonly port?: number;
  readonly end?: { readonly connections: readonly Connection[]; readonly stalls: Stall[] };
}

let routable: readonly Endpoint[] = [];
const turn = new RoundRobin();
let balancer: EmbeddedBalancer | undefined;
let stalls = () => [] as Stall[];

async function open(begin: number): Promise<void> {
  const clock = systemClock(begin);
  stalls = watchLateness(clock);
  balancer = await EmbeddedBalancer.open({ pick: () => turn.pick(routable) }, clock);
  say({ port: balancer.port } satisfies BalancerWord);
}

serve((order: BalancerOrder) => {
  if ('open' in order) void open(order.open);
  else if ('routable' in order) routable = order.routable;
  else say({ end: { connections: balancer?.connections() ?? [], stalls: stalls() } });
});
