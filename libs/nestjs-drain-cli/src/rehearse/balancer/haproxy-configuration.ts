/** `tcp` passes connections through, `http` passes requests, as an ingress does. */
export type HaproxyMode = 'tcp' | 'http';

/** The response header that names the server that answered, in HTTP mode. */
export const podHeader = 'x-rehearsal-pod';

export interface HaproxyConfiguration {
  readonly mode: HaproxyMode;
  readonly retries: number;
  readonly folder: string;
  readonly port: number;
  readonly logPort: number;
  readonly slots: number;
}

/** HAProxy's configuration: servers by slot, all closed until the control socket opens them. */
export function haproxyConfiguration(configuration: HaproxyConfiguration): string {
  const { mode, retries, folder, port, logPort, slots } = configuration;
  const own =
    mode === 'http'
      ? ['option redispatch 1', `http-after-response set-header ${podHeader} %[srv_name]`]
      : [];
  return `
global
  stats socket ${folder}/control mode 600 level admin
  log 127.0.0.1:${logPort} len 256 format raw local0 info
  maxconn 4096
defaults
  mode ${mode}
  log global
  timeout connect 5s
  timeout client 1h
  timeout server 1h
  timeout tunnel 1h
  retries ${retries}
frontend clients
  bind 127.0.0.1:${port}
  option logasap
  log-format "%Ts %ms %cp %s %ts"
  default_backend pods
backend pods
  balance roundrobin
  ${own.join('\n  ')}
  server-template server 1-${slots} 127.0.0.1:1 disabled
`;
}
