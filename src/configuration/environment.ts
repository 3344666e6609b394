import { z } from 'zod';
import { MAX_TOKENS_PER_SECOND } from '../models/pace.js';

/** What a timer can wait, in seconds: about 24 days. */
const LONGEST = 2_147_483;

const seconds = (name: string, example: number) =>
  z.coerce
    .number(`${name} must be a number of seconds, for example ${example}`)
    .min(0, `${name} must not be negative, for example ${example}`)
    .max(LONGEST, `${name} must be at most ${LONGEST} seconds, for example ${example}`);

const flag = (name: string) => z.stringbool(`${name} must be true or false`).default(false);

const tokensPerSecond = `ECHO_TOKENS_PER_SECOND must be a number above 0 and at most ${MAX_TOKENS_PER_SECOND}`;

const streamHeartbeat =
  'STREAM_HEARTBEAT must be a whole number of seconds from 1 to 3600, for example 15, or 0 for none';

/** Every variable the service reads, one by one. Rules between variables stand in configuration.ts. */
export const environment = z.object({
  PORT: z.coerce
    .number('PORT must be a port number, for example 8001')
    .int('PORT must be a whole number, for example 8001')
    .min(0, 'PORT must be 0 (any free port) to 65535')
    .max(65535, 'PORT must be 0 (any free port) to 65535')
    .default(8001),
  MANAGEMENT_PORT: z.coerce
    .number('MANAGEMENT_PORT must be a port number, for example 9001')
    .int('MANAGEMENT_PORT must be a whole number, for example 9001')
    .min(0, 'MANAGEMENT_PORT must be 0 (any free port) to 65535')
    .max(65535, 'MANAGEMENT_PORT must be 0 (any free port) to 65535')
    .optional(),
  HOST: z.string().default('0.0.0.0'),
  HTTP_ADAPTER: z
    .enum(['express', 'fastify'], 'HTTP_ADAPTER must be express or fastify')
    .default('express'),
  GRACEFUL_SHUTDOWN_TIMEOUT: seconds('GRACEFUL_SHUTDOWN_TIMEOUT', 300).default(300),
  GRACEFUL_SHUTDOWN_PROPAGATION_DELAY: seconds('GRACEFUL_SHUTDOWN_PROPAGATION_DELAY', 0).default(0),
  GRACEFUL_SHUTDOWN_FLUSH_TIMEOUT: seconds('GRACEFUL_SHUTDOWN_FLUSH_TIMEOUT', 2).default(2),
  TERMINATION_GRACE_PERIOD_SECONDS: seconds('TERMINATION_GRACE_PERIOD_SECONDS', 330).optional(),
  DISABLE_SIGNAL_HANDLER: flag('DISABLE_SIGNAL_HANDLER'),
  SHUTDOWN_TOKEN: z
    .string()
    .min(
      16,
      'SHUTDOWN_TOKEN must have at least 16 characters, for example from: openssl rand -hex 16',
    )
    .optional(),
  STREAM_HEARTBEAT: z.coerce
    .number(streamHeartbeat)
    .int(streamHeartbeat)
    .min(0, streamHeartbeat)
    .max(3600, streamHeartbeat)
    .default(15),
  ECHO_TOKENS_PER_SECOND: z.coerce
    .number(tokensPerSecond)
    .positive(tokensPerSecond)
    .max(MAX_TOKENS_PER_SECOND, tokensPerSecond)
    .default(20),
  RESPONSES_STREAM_DEFAULT: flag('RESPONSES_STREAM_DEFAULT'),
  MODEL: z
    .string()
    .refine(
      (name) => name !== 'echo',
      'MODEL must not be echo: that model is always there, leave MODEL unset',
    )
    .optional(),
  OPENAI_BASE_URL: z
    .url({
      protocol: /^https?$/,
      error: 'OPENAI_BASE_URL must be an http(s) address, for example https://api.openai.com/v1',
    })
    .optional(),
  OPENAI_API_KEY: z.string().optional(),
  OPENAI_API: z
    .enum(
      ['responses', 'chat'],
      'OPENAI_API must be responses, or chat for upstreams that have only /chat/completions',
    )
    .default('responses'),
  OPENAI_BACKGROUND: flag('OPENAI_BACKGROUND'),
  UPSTREAM_CONTINUATION: z
    .enum(
      ['none', 'vllm', 'prefix'],
      'UPSTREAM_CONTINUATION must be vllm (vLLM, SGLang), prefix (DeepSeek, Mistral, llama.cpp) or none',
    )
    .default('none'),
  STORE_URL: z
    .url({
      protocol: /^(rediss?|postgres(ql)?)$/,
      error:
        'STORE_URL must be the address of a Redis or PostgreSQL server, for example redis://redis:6379 or ' +
        'postgres://user:password@postgres/database',
    })
    .optional(),
  RESUME_LEASE: z.coerce
    .number('RESUME_LEASE must be a number of seconds, for example 5')
    .min(0.5, 'RESUME_LEASE must be at least 0.5 seconds, for example 5')
    .max(300, 'RESUME_LEASE must be at most 300 seconds, for example 5')
    .optional(),
});

export type Environment = z.infer<typeof environment>;
