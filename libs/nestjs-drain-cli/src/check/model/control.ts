import { type Resource } from '../input/resource.js';
import { type Container } from './container.js';
import { type Manifests, type Server } from './manifests.js';

/** How the hook of a container reaches its shutdown routes. */
export interface Control {
  /** The number of the port, or a name that no port bears. */
  readonly port: string;
  /** Does every call need a token, as far as the manifest shows? */
  readonly hasToken: boolean;
}

/** Undefined where the hook calls no shutdown route, or nothing shows on which port. */
export function controlOf(container: Container): Control | undefined {
  const { preStop, environment } = container;
  if (!preStop.drains) return undefined;
  if (preStop.http) {
    const port = container.numberOf(preStop.http.at('port'));
    return port === undefined ? undefined : { port, hasToken: hasBearer(container) };
  }
  // The library's own hook program, which takes what the service takes.
  const option = /--port[ =](\d+)/.exec(preStop.command.join(' '))?.[1];
  const variable = environment.get('MANAGEMENT_PORT') ?? environment.get('PORT');
  const port = option ?? variable?.text;
  return port === undefined
    ? undefined
    : { port, hasToken: environment.names.includes('SHUTDOWN_TOKEN') };
}

const hasBearer = ({ preStop }: Container): boolean =>
  preStop.http
    ?.at('httpHeaders')
    .items.some((each) => each.at('name').text?.toLowerCase() === 'authorization') === true;

/** The Service that sends clients to this port of the container. */
export function serviceOf(
  manifests: Manifests,
  { workload, container }: Server,
  port: string,
): Resource | undefined {
  return manifests.servicesOf(workload).find(({ spec }) =>
    spec.at('ports').items.some((each) => {
      const target = each.at('targetPort').exists ? each.at('targetPort') : each.at('port');
      return container.numberOf(target) === port;
    }),
  );
}

/** Do clients use this port, as far as a Service or its name shows? */
export function carriesTraffic(manifests: Manifests, server: Server, port: string): boolean {
  if (serviceOf(manifests, server, port)) return true;
  return server.container.trafficPorts.some(
    (each) =>
      each.at('containerPort').text === port &&
      !/^(management|control|internal)/.test(each.at('name').text ?? ''),
  );
}
