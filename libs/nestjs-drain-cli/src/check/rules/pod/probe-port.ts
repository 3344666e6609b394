import { probeNames } from '../../model/container.js';
import { type Rule } from '../../rule.js';

const handlers = ['httpGet', 'tcpSocket', 'grpc'] as const;

export const probePort: Rule = {
  id: 'probe-port',
  severity: 'error',
  title: 'A probe asks a port that is not there',
  why: 'A readiness probe on a wrong port keeps every new pod out of rotation, a liveness probe on one restarts the container again and again, with all its streams.',
  *check({ workloads }) {
    for (const workload of workloads) {
      for (const container of workload.containers) {
        for (const probe of probeNames) {
          const ports = handlers.map((handler) => container.probe(probe).at(handler, 'port'));
          const port = ports.find((each) => each.exists);
          if (!port || container.knowsPort(port)) continue;
          yield {
            resource: workload.resource,
            field: port,
            message: `The ${probe} asks port ${port.text}, which ${container.name} does not declare.`,
            // containerPort is only information: a number may be right all the same.
            ...(port.number !== undefined && { severity: 'note' }),
            edits: [{ field: port, value: container.ownPort }],
          };
        }
      }
    }
  },
};
