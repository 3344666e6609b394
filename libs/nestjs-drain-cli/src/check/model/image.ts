/** What is known about a container from the name of its image alone. */
export type ImageRole = 'app' | 'proxy' | 'backing' | 'side';

const proxies =
  /^(istio-)?proxyv2$|^envoy|^linkerd2?-proxy|^(cloud-sql-proxy|gce-proxy|oauth2-proxy|nginx|nginx-unprivileged|haproxy|traefik|daprd|consul-dataplane)$/;
const backing =
  /^(redis|redis-stack|valkey|keydb|dragonfly|postgres|postgresql|pgbouncer|pgvector|postgis|timescaledb|mysql|mysql-server|mariadb|percona.*|mongo|mongodb|mongodb-community-server|rabbitmq|kafka|cp-kafka|redpanda|zookeeper|etcd|memcached|nats|minio|.*elasticsearch.*|opensearch|solr|clickhouse|clickhouse-server|cassandra|scylla|cockroach|couchdb|couchbase|neo4j|influxdb|prometheus|alertmanager|loki|qdrant|weaviate|milvus|vault|consul|pulsar|activemq.*|dynamodb-local|mssql.*|server|oracle.*)$/;
const databaseServers = /(mssql|clickhouse)\/server$/;
/** Helpers beside a service, agents and controllers: they answer no stream of a client. */
const sides =
  /^(.*[-_]exporter|fluent-?bit|fluentd|filebeat|promtail|vector|opentelemetry-collector.*|otel-collector.*|vault-agent|vault-k8s|git-sync|k8s-sidecar|.*config-?reloader|.*-reloader|pause|cert-manager-.*|.*-controller(-manager)?|.*-operator|kube-rbac-proxy|csi-.*|.*-provisioner|node-problem-detector|metrics-server|cluster-autoscaler|prometheus-adapter|kube-state-metrics|.*-metrics-.*-adapter|external-dns|keda.*|velero|reflector|descheduler|busybox)$/;

/** An image's last path segment, without tag and digest. */
export function imageName(image: string): string {
  return (image.split('@')[0] ?? '').split('/').pop()?.replace(/:.*/, '') ?? '';
}

export function imageRole(image: string): ImageRole {
  const name = imageName(image);
  if (proxies.test(name)) return 'proxy';
  if (sides.test(name)) return 'side';
  if (name === 'server') return databaseServers.test(withoutTag(image)) ? 'backing' : 'app';
  return backing.test(name) ? 'backing' : 'app';
}

const withoutTag = (image: string): string => (image.split('@')[0] ?? '').replace(/:[^/:]*$/, '');

/** The reference service, which reads its drain's settings from `GRACEFUL_SHUTDOWN_*`. */
export const readsDrainVariables = (image: string): boolean => imageName(image) === 'chat-shell';

/** Is the image, by its name, one without a shell? */
export function hasNoShell(image: string): boolean {
  if (/^cgr\.dev\//.test(image)) return !/:[^/]*-dev\b|\/(bash|busybox|wolfi-base)\b/.test(image);
  return /distroless/.test(image) ? !/:[^/]*debug/.test(image) : imageName(image) === 'scratch';
}

/** Which program `sh` is in an image; undefined when its name does not tell. */
export function shellOf(image: string): 'busybox' | 'dash' | 'bash' | undefined {
  if (/alpine|busybox/.test(image)) return 'busybox';
  if (/\b(ubi\d|rhel|centos|fedora|rockylinux|almalinux|amazonlinux|oraclelinux)/.test(image)) {
    return 'bash';
  }
  if (/\b(debian|ubuntu|slim|bookworm|bullseye|trixie|jammy|noble)\b/.test(image)) return 'dash';
  return /^(docker\.io\/)?(library\/)?(node|python|openjdk|golang|ruby|php)(:|@|$)/.test(image)
    ? 'dash'
    : undefined;
}
