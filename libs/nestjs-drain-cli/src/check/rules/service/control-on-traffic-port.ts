import { type Container, type ProbeName, probeNames } from '../../model/container.js';
import { controlOf, serviceOf } from '../../model/control.js';
import { readsDrainVariables } from '../../model/image.js';
import { type Edit, type Rule } from '../../rule.js';
import { pathOf } from '../pod/probe-edits.js';

const managementPort = 9001;

export const controlOnTrafficPort: Rule = {
  id: 'control-on-traffic-port',
  severity: 'note',
  title: 'The shutdown routes stand on the port of traffic, without a token',
  why: 'Whatever reaches the Service reaches GET /shutdown/wait as well. The library refuses what came through a proxy, browsers and strangers, but any pod of the cluster can write the user agent of the kubelet, and drain this pod for good. Give the routes a port of their own (control.port), which no Service names and a NetworkPolicy closes; or set control.token and send it in the httpHeaders of the hook.',
  *check(manifests) {
    for (const server of manifests.servers) {
      const { workload, container } = server;
      const control = controlOf(container);
      if (!control || control.hasToken) continue;
      const service = serviceOf(manifests, server, control.port);
      if (!service) continue;
      yield {
        resource: workload.resource,
        field: container.preStop.http?.at('port') ?? container.preStop.field,
        message: `${service.toString()} sends to port ${control.port}, on which any pod can drain ${container.name}.`,
        edits: moveAway(container),
        ...(!readsDrainVariables(container.image) && {
          advice: `# In the code: GracefulShutdownModule.forRoot({ control: { port: ${managementPort} } })`,
        }),
      };
    }
  },
};

/** The hook and the library's own probes call a port that has no Service. */
function moveAway(container: Container): Edit[] {
  const { field, ports, preStop } = container;
  const name = 'management';
  const calls = [
    preStop.field,
    ...probeNames.filter(isOwn(container)).map((each) => field.at(each)),
  ];
  const variable = { name: 'MANAGEMENT_PORT', value: String(managementPort) };
  const env = field.at('env');
  return [
    {
      field: field.at('ports'),
      value: [...valuesOf(ports), { name, containerPort: managementPort }],
    },
    ...(preStop.http ? calls : calls.slice(1)).map((each) => ({
      field: each.at('httpGet', 'port'),
      value: name,
    })),
    // The program of an exec hook reads the variable, whatever the service does.
    ...(readsDrainVariables(container.image) || !preStop.http
      ? [{ field: env.at(env.items.length), value: variable }]
      : []),
  ];
}

const valuesOf = (fields: Container['ports']): unknown[] => fields.map(({ value }) => value);

/** They leave the traffic port together with the shutdown routes. */
const isOwn =
  (container: Container) =>
  (name: ProbeName): boolean =>
    container.probe(name).at('httpGet', 'path').text?.endsWith(pathOf(name)) === true;
