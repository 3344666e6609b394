import { carriesTraffic } from '../../model/control.js';
import { type Manifests, type Server } from '../../model/manifests.js';
import { type Problem } from '../../rule.js';

/**
 * The way around a mesh's proxy. The port of traffic must stay in the mesh: there the library's own
 * program calls over loopback. A port of control alone may be taken out by an annotation.
 */
export function aroundProxy(
  manifests: Manifests,
  server: Server,
  port: string,
  /** Annotation that lists the ports that the proxy leaves alone. */
  excluded: string,
): Pick<Problem, 'edits' | 'advice'> {
  const { workload, container } = server;
  if (container.preStop.drains && carriesTraffic(manifests, server, port)) {
    const path = container.preStop.path ?? '/shutdown/wait';
    const options = ['--port', port, ...(path === '/shutdown/wait' ? [] : ['--path', path])];
    const command = ['node', 'node_modules/nestjs-drain/pre-stop.js', ...options];
    return { edits: [{ field: container.preStop.field, value: { exec: { command } } }] };
  }
  const value = [...portsIn(workload.annotation(excluded).text), port].join(',');
  return {
    advice: '# For a port of control alone; where it is the port of traffic, use an exec hook.',
    edits: [{ field: workload.annotation(excluded), value }],
  };
}

/** The ports of a list in an annotation; a range counts by its ends. */
export const portsIn = (list = ''): string[] =>
  list
    .split(',')
    .map((each) => each.trim())
    .filter(Boolean);

/** Is a port in such a list, by itself or in a range as `9000-9010`? */
export const isListed = (list: string | undefined, port: string): boolean =>
  portsIn(list).some((each) => {
    const [from, to = from] = each.split('-').map(Number);
    return each === '*' || (Number(port) >= (from ?? NaN) && Number(port) <= (to ?? NaN));
  });
