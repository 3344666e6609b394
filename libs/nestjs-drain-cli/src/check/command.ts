import { Command } from 'commander';

/** The `check` command: reads manifests and names what would lose streams. */
export function checkCommand(): Command {
  return new Command('check').description('Read Kubernetes manifests and name what would lose streams.');
}
