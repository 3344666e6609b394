import { type Resource } from '../input/resource.js';
import { type Container } from './container.js';
import { type Workload } from './workload.js';

/** Does a workload answer clients? `unclear` is judged as if it did, and said to be so. */
export type Role =
  | { readonly serves: 'yes' | 'unclear'; readonly containers: readonly Container[] }
  | { readonly serves: 'no'; readonly reason: string };

export const roleAnnotation = 'nestjs-drain/role';

const named = (...names: string[]) => new RegExp(`(^|[-_/])(${names.join('|')})([-_]|$)`);
/** Names of what works without clients, whatever ports it declares. */
const workers = named(
  ...['controllers?', 'operator', 'workers?', 'consumer', 'cron', 'cronjob', 'beat', 'celery'],
  ...['sidekiq', 'exporter', 'collector', 'provisioner', 'csi', 'webhook', 'migrations?'],
  ...['load-?gen(erator)?'],
);
/** Names that services bear as well: they count only where no port of the web is declared. */
const helpers = named(
  ...['manager', 'scheduler', 'agent', 'daemon', 'sync', 'job', 'listener', 'poller'],
  ...['processor', 'indexer', 'crawler', 'adapter', 'dispatcher', 'watcher', 'reconciler'],
);

const no = (reason: string): Role => ({ serves: 'no', reason });

/** What a workload is, from the evidence in the manifests. Only evidence makes it no service. */
export function roleOf(workload: Workload, services: readonly Resource[]): Role {
  const declared = workload.annotation(roleAnnotation).text ?? declaredOutside(workload);
  if (declared === 'worker') return no(`${roleAnnotation} says so`);
  const ends = reasonToEnd(workload);
  if (ends) return no(ends);
  const containers = answering(workload, services.length > 0);
  const [first] = containers;
  if (!first) return no(reasonOfImages(workload));
  if (declared === 'service' || services.length > 0 || containers.some(({ drains }) => drains)) {
    return clusterMember(workload, services, first) ?? { serves: 'yes', containers };
  }
  if (workload.resource.kind === 'Pod') return no('a bare Pod, which nothing replaces');
  if (first.hasPeerPort && first.trafficPorts.length === 0) return no(member);
  if (isController(workload))
    return no('a worker, an agent or a controller by its name, and no Service sends it traffic');
  const answers = containers.some(
    (each) => each.trafficPorts.length > 0 || each.probe('readinessProbe').at('httpGet').exists,
  );
  if (!answers && onlyCallsByDapr(workload))
    return no('Dapr sends it nothing: it has no dapr.io/app-port');
  if (workload.kind.rollout === 'daemon')
    return no('an agent on every node, and no Service sends it traffic');
  return { serves: answers || !workload.hasHooks ? 'yes' : 'unclear', containers };
}

const declaredOutside = ({ resource }: Workload) => resource.annotation(roleAnnotation).text;

/** Requests reach an application behind Dapr's sidecar only on the port that it names. */
const onlyCallsByDapr = (workload: Workload): boolean =>
  workload.annotation('dapr.io/enabled').text === 'true' &&
  !workload.annotation('dapr.io/app-port').exists;

function reasonToEnd(workload: Workload): string | undefined {
  const { resource, kind, pod } = workload;
  if (resource.kind === 'Job' || resource.kind === 'CronJob') return 'a Job ends by itself';
  if (resource.annotation('helm.sh/hook').exists) return 'a hook of Helm ends by itself';
  if (resource.kind === 'Pod' && /^(Never|OnFailure)$/.test(pod.at('restartPolicy').text ?? ''))
    return 'a Pod that is not restarted ends by itself';
  if (onlyIdles(workload)) return 'its command only waits';
  const scaled = resource.spec.at('replicas').number === 0;
  return kind.replicated && scaled ? 'scaled to zero' : undefined;
}

/** A pod to open a shell in: `sleep infinity`, `tail -f /dev/null`. */
const onlyIdles = ({ containers }: Workload): boolean =>
  containers.length > 0 &&
  containers.every(({ command }) => {
    const line = command.map((word) => word.text ?? '').join(' ');
    return /^((\/usr)?\/bin\/)?(ba|a|da)?sh -c (exec )?(sleep|tail -f)\b[^;&|]*$|^((\/usr)?\/bin\/)?(sleep|tail -f)\b/.test(
      line,
    );
  });

/** The containers that may answer: those that drain, else the one that looks most like a server. */
function answering(workload: Workload, hasTraffic: boolean): Container[] {
  // The first container is the main one; beside a database the others help it.
  const [main] = workload.containers;
  if (main?.role === 'backing' && !workload.containers.some(({ drains }) => drains)) return [];
  const apps = workload.containers.filter((each) => !each.isProxy && each.role === 'app');
  const proxies = workload.containers.filter((each) => each.isProxy);
  const own = workload.containers.some((each) => each.role === 'backing') ? [] : proxies;
  const sides = hasTraffic ? workload.containers.filter((each) => each.role === 'side') : [];
  const candidates = [apps, own, sides].find((each) => each.length > 0) ?? [];
  const draining = candidates.filter((each) => each.preStop.drains);
  if (draining.length > 0) return draining;
  const listening = candidates.find(
    (each) => each.trafficPorts.length > 0 || each.probe('readinessProbe').exists,
  );
  return [listening ?? candidates[0]].flatMap((each) => each ?? []);
}

const reasonOfImages = ({ containers }: Workload): string =>
  containers.some(({ role }) => role === 'backing')
    ? 'a database or a broker by its image'
    : 'a helper or a controller by its image';

const member =
  'a member of a cluster: its pods find each other by a headless Service or a port for peers';

/** Members of a cluster talk among themselves; one that has a port of the web serves clients as well. */
function clusterMember(
  workload: Workload,
  services: readonly Resource[],
  container: Container,
): Role | undefined {
  if (container.drains || workload.kind.rollout !== 'ordered') return undefined;
  const headless =
    services.length > 0 && services.every((each) => each.spec.at('clusterIP').text === 'None');
  const isMember = container.hasPeerPort || (headless && !container.hasWebPort);
  return isMember ? no(member) : undefined;
}

function isController({ resource, containers }: Workload): boolean {
  // The old kind was named after itself: `web-controller` is no controller of anything.
  const isOld = resource.kind === 'ReplicationController';
  const name = isOld ? resource.name.replace(/-(controller|rc)$/, '') : resource.name;
  const words = containers.flatMap((each) => each.command.map((word) => word.text ?? ''));
  if (words.some((word) => /^--?(enable-)?leader-elect/.test(word))) return true;
  const images = containers.map((each) => each.image.split('/').pop()?.split(':')[0] ?? '');
  const hasWebPort = containers.some((each) => each.hasWebPort);
  return [name, ...images].some(
    (each) => workers.test(each) || (!hasWebPort && helpers.test(each)),
  );
}
