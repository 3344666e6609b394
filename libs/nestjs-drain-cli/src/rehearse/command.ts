import { Command, InvalidArgumentError, Option } from 'commander';
import colors from 'picocolors';
import { planOf, type RehearsalOptions } from './options/rehearsal-options.js';
import { rehearse } from './rehearsal.js';
import { writeResults, type ResultFiles } from './results.js';
import { Progress } from './terminal/progress.js';
import { summary } from './terminal/summary.js';
import { UsageError } from './usage-error.js';
import { passed } from './verdict/report.js';

interface CommandOptions extends RehearsalOptions, ResultFiles {
  readonly maxLost: number;
  readonly verbose?: boolean;
}

const lossExit = 1;
const usageExit = 2;
const interruptExit = 130;

/** The `rehearse` command: rolls replicas of a command by the kubelet's rules and counts what was lost. */
export function rehearseCommand(): Command {
  const command = new Command('rehearse')
    .description(
      'Rehearse a rolling update of your own service on this machine: start replicas behind a balancer, ' +
        'run clients, replace every replica as Kubernetes would, and say which streams were lost and why.',
    )
    .argument('<command...>', 'what starts one replica, after --; {port} stands for its port')
    .addHelpText('after', examples)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : usageExit))
    .action((words: string[], options: CommandOptions) => act(words, options));
  for (const [heading, options] of Object.entries(groups())) {
    command.optionsGroup(heading);
    for (const option of options) command.addOption(option);
  }
  return command;
}

const examples = `
Durations are written 300ms, 1.5s, 2m; a bare number means seconds.

Examples:
  nestjs-drain rehearse --load sse:/events -- node dist/main.js
  nestjs-drain rehearse --manifest k8s/ --load post:/v1/responses --body body.json --html rehearsal.html -- node dist/main.js
  nestjs-drain rehearse --load json:/orders --connections fresh --pre-stop sleep:5s --grace 15s -- ./server --port {port}

Exit code: 0 nothing was lost, 1 streams were cut or refused, 2 the rehearsal could not be held.`;

/** The flags under their headings; their meaning and defaults stand in RehearsalOptions. */
function groups(): Record<string, Option[]> {
  return {
    'Pods:': [
      option(
        '--manifest <path...>',
        'read grace, preStop, readiness, port, env and replicas from these files or folders',
      ),
      option('--workload <name>', 'which workload of the manifest'),
      option('--container <name>', 'which container of the pod (default: the first)'),
      option('--replicas <count>', "how many replicas (default: the manifest's, else 2)").argParser(
        count,
      ),
      option('--port-env <name>', 'the variable that carries the port (default: PORT)'),
      option(
        '--env <name=value...>',
        'environment of the replicas; {port} and {port:name} are replaced',
      ),
      option(
        '--readiness <path>',
        'readiness probe, /path or {port:name}/path (default: the port accepts connections)',
      ),
      option(
        '--readiness-period <duration>',
        "how often it is asked (default: the manifest's, else 1s)",
      ),
      option(
        '--grace <duration>',
        "terminationGracePeriodSeconds (default: the manifest's, else 30s)",
      ),
      option('--pre-stop <hook>', 'get:/path, exec:command, sleep:5s or none'),
      option('--pre-stop-header <header...>', 'headers of the GET hook, "Name: value"'),
      option(
        '--hook-address <host>',
        'where the GET hook is sent; a kubelet comes from outside loopback (default: 127.0.0.1)',
      ),
      option(
        '--startup-timeout <duration>',
        'how long a replica may take until it is ready (default: 60s)',
      ),
    ],
    'Rollout:': [
      option(
        '--propagation <duration>',
        'how late the balancer learns of a deleted pod (default: 1s)',
      ),
      option(
        '--kubelet-restart [after]',
        'restart the kubelet during the hook, so that it is sent again (default: 500ms)',
      ),
      option('--kill', 'crash the pods (SIGKILL) instead of deleting them'),
      option(
        '--warmup <duration>',
        'how long clients run before the first pod is deleted (default: 1s)',
      ),
      option(
        '--settle <duration>',
        'how long streams may go on after the last old pod is gone (default: 10s, or the stream length and 2s)',
      ),
      option('--time-limit <duration>', 'stop everything after so long (default: 10m)'),
    ],
    'Balancer:': [
      option('--balancer <name>', 'what stands before the pods').choices(['embedded', 'haproxy']),
      option('--balancer-mode <mode>', 'whether HAProxy passes connections or requests').choices([
        'tcp',
        'http',
      ]),
      option(
        '--retries <count>',
        'how often HAProxy tries a refused connection again (default: 3 in http mode, else 0)',
      ).argParser(count),
    ],
    'Load:': [
      option(
        '--load <kind:path...>',
        'sse:/path (EventSource), post:/path (streamed), websocket:/path, json:/path, or "kind:METHOD /path" (default: sse:/)',
      ),
      option('--clients <count>', 'clients of each load (default: 20)').argParser(count),
      option(
        '--connections <kind>',
        'keep connections between requests or open fresh ones',
      ).choices(['keep-alive', 'fresh']),
      option(
        '--body <file>',
        'request body, or first WebSocket message; {client} and {stream} are replaced',
      ),
      option('--header <header...>', 'request headers, "Name: value"'),
      option('--pause <duration>', "between a client's streams (default: 50ms)"),
      option('--stream-length <duration>', 'how long one stream lasts, as far as you know'),
      option('--idle-timeout <duration>', 'a stream silent for so long is lost (default: 30s)'),
      option('--max-streams <count>', 'how many streams in all (default: 10000)').argParser(count),
    ],
    'Recognising the end of a stream:': [
      option(
        '--complete-event <name...>',
        'SSE events that end a whole stream (default: response.completed, done and the like)',
      ),
      option('--complete-data <data...>', 'data that ends a whole stream (default: [DONE])'),
      option('--complete-text <text>', 'text that an event must hold to end a whole stream'),
      option('--farewell-event <name...>', 'SSE events that end a stream early, knowingly'),
      option('--farewell-text <text>', 'text that says so'),
      option(
        '--recognise <module>',
        'a module that exports complete(event), farewell(event) or resume(received)',
      ),
    ],
    'Result:': [
      option('--max-lost <count>', 'how many streams may be lost').argParser(count).default(0),
      option('--json <file>', 'write the report'),
      option('--junit <file>', 'write a JUnit report, one test case per stream'),
      option('--html <file>', 'write the picture as a page to explore'),
      option('--svg <file>', 'write the picture as SVG'),
      option('--png <file>', 'write the picture as PNG'),
      option('--verbose', 'show what the replicas print'),
    ],
  };
}

async function act(words: string[], options: CommandOptions): Promise<void> {
  const interrupt = new AbortController();
  const onSignal = () => interrupt.abort();
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  try {
    process.exitCode = await run(words, options, interrupt.signal);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${colors.red('error:')} ${error.message}\n`);
    process.exitCode = interrupt.signal.aborted ? interruptExit : usageExit;
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

async function run(words: string[], options: CommandOptions, interrupt: AbortSignal) {
  const plan = await planOf(words, options);
  const progress = new Progress(process.stdout, options.verbose ?? false);
  try {
    const report = await rehearse(plan, progress, interrupt);
    progress.stop();
    if (interrupt.aborted) {
      process.stdout.write('Stopped; every replica is gone.\n');
      return interruptExit;
    }
    const ok = passed(report, options.maxLost);
    process.stdout.write(`${summary(report, ok)}\n`);
    for (const file of await writeResults(report, options)) process.stdout.write(`wrote ${file}\n`);
    return ok ? 0 : lossExit;
  } finally {
    progress.stop();
  }
}

function option(flags: string, description: string): Option {
  return new Option(flags, description);
}

function count(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('Give a whole number.');
  return Number(text);
}
