import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';

const k8s = fileURLToPath(new URL('../../k8s/', import.meta.url));
const command = fileURLToPath(
  new URL('../../libs/nestjs-drain-cli/bin/nestjs-drain.js', import.meta.url),
);

export interface HttpGet {
  readonly path: string;
  readonly port: number;
}

export interface Container {
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly lifecycle: { readonly preStop: { readonly httpGet: HttpGet } };
  readonly startupProbe: { readonly httpGet: HttpGet };
  readonly readinessProbe: { readonly httpGet: HttpGet };
  readonly livenessProbe: { readonly httpGet: HttpGet };
  readonly securityContext: Record<string, unknown>;
}

export interface Deployment {
  readonly spec: {
    readonly strategy: { readonly rollingUpdate: { readonly maxUnavailable: number } };
    readonly template: {
      readonly metadata: { readonly labels: Record<string, string> };
      readonly spec: {
        readonly terminationGracePeriodSeconds: number;
        readonly securityContext: Record<string, unknown>;
        readonly containers: readonly [Container];
      };
    };
  };
}

export interface Service {
  readonly spec: {
    readonly selector: Record<string, string>;
    readonly ports: readonly { readonly targetPort: string }[];
  };
}

export interface PodDisruptionBudget {
  readonly spec: {
    readonly maxUnavailable: number;
    readonly selector: { readonly matchLabels: Record<string, string> };
  };
}

export interface Manifests {
  readonly deployment: Deployment;
  readonly service: Service;
  readonly budget: PodDisruptionBudget;
  readonly env: Record<string, string>;
}

/** Why the manifests cannot be rendered here, or undefined. In CI that is a failure, not a reason to skip. */
export function missingKubectl(): string | undefined {
  if (kubectlMinor() >= 21) return undefined;
  const reason =
    'kubectl 1.21 or later is missing; install kubernetes-client of Debian 13 or later';
  if (process.env.CI === 'true') throw new Error(reason);
  return reason;
}

function kubectlMinor(): number {
  try {
    const answer = execFileSync('kubectl', ['version', '--client', '--output', 'json']).toString();
    const { clientVersion } = JSON.parse(answer) as { clientVersion: { minor: string } };
    return parseInt(clientVersion.minor, 10);
  } catch {
    return 0;
  }
}

/** What `kubectl apply -k` would apply of a directory of k8s/. */
export function renderText(directory: string): string {
  return execFileSync('kubectl', ['kustomize', `${k8s}${directory}`], { encoding: 'utf8' });
}

/** Runs `nestjs-drain check`, which fails for a note as well. */
export function checkRendered(rendered: string): { status: number | null; stdout: string } {
  const options = ['check', '--severity', 'note', '-'];
  return spawnSync(process.execPath, [command, ...options], { input: rendered, encoding: 'utf8' });
}

/** Renders a directory of k8s/ as `kubectl apply -k` would. */
export function render(directory: string): Manifests {
  const documents = parseAllDocuments(renderText(directory)).map(
    (document) => document.toJS() as { kind: string },
  );
  const find = (kind: string): unknown => documents.find((document) => document.kind === kind);
  const deployment = find('Deployment') as Deployment;
  const [container] = deployment.spec.template.spec.containers;
  return {
    deployment,
    service: find('Service') as Service,
    budget: find('PodDisruptionBudget') as PodDisruptionBudget,
    env: Object.fromEntries(container.env.map(({ name, value }) => [name, value])),
  };
}
