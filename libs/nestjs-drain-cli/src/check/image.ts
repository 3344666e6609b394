/** What is known about a container from the name of its image alone. */
export type ImageRole = 'app' | 'proxy' | 'backing';

const proxies =
  /^(istio-)?proxyv2$|^envoy|^linkerd2?-proxy|^(cloud-sql-proxy|gce-proxy|oauth2-proxy|nginx|nginx-unprivileged|haproxy|traefik|daprd|consul-dataplane)$/;
const backing =
  /^(redis|valkey|keydb|postgres|postgresql|mysql|mariadb|mongo|mongodb|rabbitmq|kafka|cp-kafka|zookeeper|etcd|memcached|nats|minio|elasticsearch|opensearch|clickhouse|clickhouse-server|prometheus|grafana|.*[-_]exporter)$/;

/** An image's last path segment, without tag and digest. */
export function imageName(image: string): string {
  return (image.split('@')[0] ?? '').split('/').pop()?.replace(/:.*/, '') ?? '';
}

export function imageRole(image: string): ImageRole {
  const name = imageName(image);
  if (proxies.test(name)) return 'proxy';
  return backing.test(name) ? 'backing' : 'app';
}

/** Is the image, by its name, one without a shell? */
export function hasNoShell(image: string): boolean {
  if (/^cgr\.dev\//.test(image)) return !/:[^/]*-dev\b|\/(bash|busybox|wolfi-base)\b/.test(image);
  return /distroless/.test(image) ? !/:[^/]*debug/.test(image) : imageName(image) === 'scratch';
}
