import { constants } from 'node:os';
import { Command } from 'commander';
import colors from 'picocolors';
import { flags } from './options/flags.js';
import { planOf, type RehearsalOptions } from './options/rehearsal-options.js';
import { rehearse } from './rehearsal.js';
import { type RehearsalPlan } from './rehearsal-plan.js';
import { needRenderer } from './picture/png-picture.js';
import { showPicture } from './picture/show-picture.js';
import { writeResults, type ResultFiles } from './results.js';
import { Progress } from './terminal/progress.js';
import { summary } from './terminal/summary.js';
import { UsageError } from './usage-error.js';
import { type RehearsalReport } from './verdict/report.js';

interface CommandOptions extends RehearsalOptions, ResultFiles {
  readonly open?: boolean;
  readonly verbose?: boolean;
}

const lossExit = 1;
const usageExit = 2;
/** What ends a rehearsal from outside: Ctrl-C, a supervisor, a closed terminal, Ctrl-\. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/** The `rehearse` command: rolls replicas of a command by the kubelet's rules and counts what was lost. */
export function rehearseCommand(): Command {
  const command = new Command('rehearse')
    .description(
      'Rehearse a rolling update of your own service on this machine: start replicas behind a balancer, ' +
        'run clients, replace every replica as Kubernetes would, and say which streams were lost and why.',
    )
    // Optional only to commander, whose message would not name the `--`: the plan refuses to be without it.
    .argument('[command...]', 'what starts one replica, after --; {port} stands for its port')
    .usage('[options] -- <command...>')
    .addHelpText('after', examples)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : usageExit))
    .action((words: string[], options: CommandOptions) => act(words, options));
  for (const [heading, options] of Object.entries(flags())) {
    command.optionsGroup(heading);
    for (const option of options) command.addOption(option);
  }
  return command;
}

const examples = `
Durations are written 300ms, 1.5s, 2m; a bare number means seconds.

Examples:
  nestjs-drain rehearse -- node dist/main.js
  nestjs-drain rehearse --load sse:/events --open -- node dist/main.js
  nestjs-drain rehearse --manifest k8s/ --load post:/v1/responses --body body.json --html rehearsal.html -- node dist/main.js
  nestjs-drain rehearse --platform ecs --load json:/orders --grace 15s -- ./server --port {port}

Exit code: 0 nothing was lost, 1 streams were lost or it cannot be known, 2 the rehearsal could not be held.`;

async function act(words: string[], options: CommandOptions): Promise<void> {
  // A closed terminal: what is written there is lost, and that is no reason to leave replicas behind.
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});
  try {
    process.exitCode = await run(words, options);
  } catch (error) {
    process.exitCode = exitAfter(error);
  }
}

async function run(words: string[], options: CommandOptions): Promise<number> {
  const plan = await planOf(words, options);
  if (options.png !== undefined) await needRenderer();
  const report = await hold(plan, new Progress(process.stdout, options.verbose ?? false));
  process.stdout.write(`${summary(report)}\n`);
  for (const file of await writeResults(report, options)) process.stdout.write(`wrote ${file}\n`);
  process.stdout.write(await showPicture(report, options));
  return report.verdict.passed ? 0 : lossExit;
}

/**
 * Holds the rehearsal, which a signal ends early. Only here are signals handled, because only here are there
 * replicas to end: before and behind it a signal ends the process by itself, even one that waits for a file.
 * (`process.exit()` would not: it joins the thread that waits.)
 */
async function hold(plan: RehearsalPlan, progress: Progress): Promise<RehearsalReport> {
  const interrupt = new AbortController();
  const onSignal = (signal: NodeJS.Signals) => interrupt.abort(signal);
  const onClosedTerminal = () => onSignal('SIGHUP');
  for (const signal of signals) process.on(signal, onSignal);
  process.stdout.on('error', onClosedTerminal);
  try {
    const report = await rehearse(plan, progress, interrupt.signal);
    if (!interrupt.signal.aborted) return report;
  } catch (error) {
    // What was still missing for the rehearsal does not matter any more.
    if (!interrupt.signal.aborted || !(error instanceof UsageError)) throw error;
  } finally {
    progress.stop();
    process.stdout.off('error', onClosedTerminal);
    for (const signal of signals) process.off(signal, onSignal);
  }
  throw new Interrupted(interrupt.signal.reason as NodeJS.Signals);
}

/** A signal ended the rehearsal. */
class Interrupted extends Error {
  constructor(readonly by: NodeJS.Signals) {
    super(`Stopped by ${by}; every replica is gone.`);
  }
}

/** Says what ended the command early and returns its exit code. */
function exitAfter(error: unknown): number {
  if (error instanceof Interrupted) {
    process.stdout.write(`${error.message}\n`);
    // 128 + the signal's number, as shells have it.
    return 128 + constants.signals[error.by];
  }
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${colors.red('error:')} ${error.message}\n`);
  return usageExit;
}
