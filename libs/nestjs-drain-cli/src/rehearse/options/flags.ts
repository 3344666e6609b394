import { InvalidArgumentError, Option } from 'commander';
import { platformNames } from '../platform/platforms.js';
import { profileNames } from '../platform/profiles.js';

/** The flags under their headings; their meaning and defaults stand in RehearsalOptions. */
export function flags(): Record<string, Option[]> {
  return {
    'Pods:': [
      option(
        '--manifest <path...>',
        'read grace, preStop, readiness, port, env and replicas from these files or folders, or - for stdin',
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
        "terminationGracePeriodSeconds or its like (default: the manifest's, else the platform's: 30s)",
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
      option('--platform <name>', 'whose order of events to play (default: kubernetes)').choices(
        platformNames,
      ),
      option(
        '--profile <name>',
        'what was measured in a cluster, as the default of --propagation: rolling-update 0.9s, single-delete 0.1s (default: rolling-update)',
      ).choices(profileNames),
      option(
        '--propagation <duration>',
        "how late the balancer learns of a deleted pod (default: the profile's, 0.9s, or the platform's)",
      ),
      option(
        '--kubelet-restart [after]',
        'restart the kubelet during the hook, so that it is sent again (default: 500ms)',
      ),
      option(
        '--lead <duration>',
        'from the end of new traffic to the signal: deregistration delay of ecs, shutdown_delay of nomad',
      ),
      option('--kill', 'crash the pods (SIGKILL) instead of deleting them'),
      option(
        '--warmup <duration>',
        'how long clients run before the first pod is deleted (default: 1s)',
      ),
      option(
        '--settle <duration>',
        'how long streams may go on after the last old pod is gone (default: 15s, or the stream length and 2s)',
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
        'sse:/path (EventSource), post:/path (streamed), websocket:/path, json:/path, or "kind:METHOD /path" (default: what GET / answers)',
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
        'a module that exports complete(event), farewell(event), resume(received) or follows(before, after)',
      ),
    ],
    'Result:': [
      option('--max-lost <count>', 'how many streams may be lost').argParser(count).default(0),
      option('--json <file>', 'write the report'),
      option('--junit <file>', 'write a JUnit report, one test case per stream'),
      option('--html <file>', 'write the picture as a page to explore'),
      option('--svg <file>', 'write the picture as SVG'),
      option('--png <file>', 'write the picture as PNG (needs the package @resvg/resvg-js)'),
      option('--markdown <file>', 'append verdict and picture, for $GITHUB_STEP_SUMMARY'),
      option('--open', 'show the picture in the browser'),
      option('--verbose', 'show what the replicas print'),
    ],
  };
}

function option(flags: string, description: string): Option {
  return new Option(flags, description);
}

function count(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('Give a whole number.');
  return Number(text);
}
