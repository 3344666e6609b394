import { withoutAliases } from './aliases.js';
import { ConfigurationError } from './configuration-error.js';
import { environment, type Environment } from './environment.js';

/** Names the configuration for Nest's injector. */
export const CONFIGURATION = Symbol('Configuration');

/** What the service was told to be. Read once at start; all times in seconds. */
export interface Configuration {
  /** 0 stands for any free port. */
  readonly port: number;
  readonly host: string;
  readonly httpAdapter: 'express' | 'fastify';
  readonly shutdown: ShutdownConfiguration;
  /** How long an event stream may be silent before it gets a comment line; 0: for ever. */
  readonly streamHeartbeat: number;
  readonly echoTokensPerSecond: number;
  /** Whether a response is streamed whose request does not say it. */
  readonly streamsByDefault: boolean;
  /** Absent when only the embedded echo model answers. */
  readonly upstream?: UpstreamConfiguration;
  /** Absent when responses are kept in this process only. */
  readonly store?: StoreConfiguration;
}

export interface StoreConfiguration {
  readonly url: string;
  /** How long a replica may be silent before others go on with its responses. */
  readonly lease: number;
}

export interface ShutdownConfiguration {
  readonly timeout: number;
  readonly propagationDelay: number;
  readonly flushTimeout: number;
  readonly handleSignals: boolean;
  readonly terminationGracePeriod?: number;
  readonly token?: string;
  /** Where probes, shutdown routes and metrics are; absent when they stand beside the others. */
  readonly managementPort?: number;
}

export interface UpstreamConfiguration {
  readonly model: string;
  readonly api: 'responses' | 'chat';
  readonly baseUrl?: string;
  readonly apiKey?: string;
  /** Whether it keeps background responses, so that another replica can go on with them. */
  readonly background: boolean;
  /** How it is asked to go on with an unfinished answer; absent if it is not. */
  readonly continuation?: 'vllm' | 'prefix';
}

/**
 * Reads the configuration from environment variables; an empty string counts as unset.
 * @throws ConfigurationError naming every wrong variable and what to set instead.
 */
export function readConfiguration(variables: NodeJS.ProcessEnv): Configuration {
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
  const names = withoutAliases(given);
  const parsed = environment.safeParse(names.values);
  if (!parsed.success) {
    throw new ConfigurationError(parsed.error.issues.map(({ message }) => names.asGiven(message)));
  }
  const conflicts = [
    ...names.conflicts,
    ...shutdownConflicts(parsed.data),
    ...upstreamConflicts(parsed.data),
    ...storeConflicts(parsed.data),
  ];
  if (conflicts.length > 0) throw new ConfigurationError(conflicts.map(names.asGiven));
  return toConfiguration(parsed.data);
}

function shutdownConflicts(values: Environment): string[] {
  const timeout = values.GRACEFUL_SHUTDOWN_TIMEOUT;
  const delay = values.GRACEFUL_SHUTDOWN_PROPAGATION_DELAY;
  const needed = timeout + values.GRACEFUL_SHUTDOWN_FLUSH_TIMEOUT;
  const grace = values.TERMINATION_GRACE_PERIOD_SECONDS;
  const conflicts: string[] = [];
  if (values.MANAGEMENT_PORT === values.PORT && values.PORT !== 0) {
    conflicts.push(
      `MANAGEMENT_PORT (${values.PORT}) must differ from PORT, or be left unset to have the probes beside the other routes`,
    );
  }
  if (delay > 0 && delay >= timeout) {
    conflicts.push(
      `GRACEFUL_SHUTDOWN_PROPAGATION_DELAY (${delay}) must be below GRACEFUL_SHUTDOWN_TIMEOUT (${timeout}), which includes it`,
    );
  }
  if (grace !== undefined && needed >= grace) {
    conflicts.push(
      `TERMINATION_GRACE_PERIOD_SECONDS (${grace}) must be above GRACEFUL_SHUTDOWN_TIMEOUT plus GRACEFUL_SHUTDOWN_FLUSH_TIMEOUT (${needed}): raise it or lower those`,
    );
  }
  return conflicts;
}

function upstreamConflicts(values: Environment): string[] {
  const { MODEL, OPENAI_BASE_URL, OPENAI_API_KEY } = values;
  if (MODEL === undefined && (OPENAI_BASE_URL ?? OPENAI_API_KEY) !== undefined) {
    return ['MODEL must be set to use OPENAI_BASE_URL or OPENAI_API_KEY, for example gpt-4o-mini'];
  }
  if (MODEL !== undefined && (OPENAI_BASE_URL ?? OPENAI_API_KEY) === undefined) {
    return ['MODEL needs OPENAI_API_KEY, or OPENAI_BASE_URL of an upstream that asks for no key'];
  }
  return [];
}

function storeConflicts(values: Environment): string[] {
  const { STORE_URL, RESUME_LEASE, OPENAI_BACKGROUND, OPENAI_API, UPSTREAM_CONTINUATION } = values;
  const conflicts: string[] = [];
  if (UPSTREAM_CONTINUATION !== 'none' && (OPENAI_API !== 'chat' || values.MODEL === undefined)) {
    conflicts.push(
      'UPSTREAM_CONTINUATION needs MODEL and OPENAI_API=chat: only /chat/completions goes on with an unfinished message',
    );
  }
  if (RESUME_LEASE !== undefined && STORE_URL === undefined) {
    conflicts.push(
      'RESUME_LEASE needs a store that all replicas share: set STORE_URL, for example to redis://redis:6379, or leave RESUME_LEASE unset',
    );
  }
  if (OPENAI_BACKGROUND && OPENAI_API === 'chat') {
    conflicts.push(
      'OPENAI_BACKGROUND needs OPENAI_API=responses: /chat/completions keeps no answers',
    );
  }
  return conflicts;
}

function toConfiguration(values: Environment): Configuration {
  const grace = values.TERMINATION_GRACE_PERIOD_SECONDS;
  return {
    port: values.PORT,
    host: values.HOST,
    httpAdapter: values.HTTP_ADAPTER,
    shutdown: {
      timeout: values.GRACEFUL_SHUTDOWN_TIMEOUT,
      propagationDelay: values.GRACEFUL_SHUTDOWN_PROPAGATION_DELAY,
      flushTimeout: values.GRACEFUL_SHUTDOWN_FLUSH_TIMEOUT,
      handleSignals: !values.DISABLE_SIGNAL_HANDLER,
      ...(grace !== undefined && { terminationGracePeriod: grace }),
      ...(values.SHUTDOWN_TOKEN !== undefined && { token: values.SHUTDOWN_TOKEN }),
      ...(values.MANAGEMENT_PORT !== undefined && { managementPort: values.MANAGEMENT_PORT }),
    },
    streamHeartbeat: values.STREAM_HEARTBEAT,
    echoTokensPerSecond: values.ECHO_TOKENS_PER_SECOND,
    streamsByDefault: values.RESPONSES_STREAM_DEFAULT,
    ...(values.MODEL !== undefined && { upstream: toUpstream(values.MODEL, values) }),
    ...(values.STORE_URL !== undefined && {
      store: { url: values.STORE_URL, lease: values.RESUME_LEASE ?? 5 },
    }),
  };
}

function toUpstream(model: string, values: Environment): UpstreamConfiguration {
  const { UPSTREAM_CONTINUATION: continuation } = values;
  return {
    model,
    api: values.OPENAI_API,
    background: values.OPENAI_BACKGROUND,
    ...(continuation !== 'none' && { continuation }),
    ...(values.OPENAI_BASE_URL !== undefined && { baseUrl: values.OPENAI_BASE_URL }),
    ...(values.OPENAI_API_KEY !== undefined && { apiKey: values.OPENAI_API_KEY }),
  };
}
