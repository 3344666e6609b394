import { Command } from 'commander';

/** The `rehearse` command: rolls replicas of a command by the kubelet's rules and counts what was lost. */
export function rehearseCommand(): Command {
  return new Command('rehearse').description('Rehearse a rolling update of your own service.');
}
