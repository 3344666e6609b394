import { type Container, type ProbeName } from '../../model/container.js';
import { type Edit } from '../../rule.js';

const own: Record<ProbeName, string> = {
  readinessProbe: '/ready',
  livenessProbe: '/health',
  startupProbe: '/startup',
};

/** A probe on the container's own port: the library's path, or only the port where the stack is not known. */
export function probeFor(container: Container, name: ProbeName): Edit {
  const port = container.ownPort;
  const handler = container.drains
    ? { httpGet: { path: own[name], port } }
    : { tcpSocket: { port } };
  return { field: container.probe(name), value: { ...handler, periodSeconds: 10 } };
}

/** The path to ask instead of a wrong one. */
export const pathOf = (name: ProbeName): string => own[name];
