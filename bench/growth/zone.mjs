import { table } from '../support/markdown.mjs';
import { streams } from './loads.mjs';
import { number } from './number.mjs';

/** µs of processor each second that a pod has left for newcomers, when it carries those of the lost zone too. */
const spare = 0.25e6;
const lost = streams / 3;

const columns = [
  ...['streams', 'pods left', 'newcomers for each'],
  ...['all are back after', 'all are taken over after'],
];

const beforehand =
  'So much the processor can do. Before that, the newcomers of a pod wait in its accept queue: Node asks for 511 ' +
  'places. Where there are more, the kernel drops the SYN, and the client sends it again after 1, 3 and 7 s. ' +
  '`resumingFetch` comes back after 0.13 to 0.25 s and doubles its pause up to 8 s, with a random part, ten times in a ' +
  'row without an event: about 45 s. An `EventSource` waits for the last `retry:` that it has read, without a random ' +
  'part: all of them come at once. Nothing can tell a client anything when its zone is lost, so the advice has to be ' +
  'there before. The producers that are lost are taken over when their `lease` (5 s) is over.';

export function zoneText(plans, costs) {
  return [
    `${number(lost)} clients lose their stream in one moment, and come back in the next. The pods that are left carry ` +
      'half as much again and have a quarter of a core for newcomers; the Redis servers have the same for take-overs.',
    table(
      columns,
      plans.map((plan) => row(plan, costs)),
    ),
    beforehand,
  ].join('\n\n');
}

function row({ name, pods, isLogged, servers, costs }, { takeOver, takeOverReplica }) {
  const left = Math.ceil((pods * 2) / 3);
  const newcomer = costs.opening + (isLogged ? takeOverReplica : 0);
  const admitted = (left * spare) / newcomer;
  const takeOvers = (servers(60).processor * spare) / takeOver;
  return [
    ...[name, number(left), number(lost / left), `${number(lost / admitted)} s`],
    isLogged ? `${number(lost / takeOvers)} s` : '',
  ];
}
