import { Logger, Module } from '@nestjs/common';
import OpenAI, { APIError } from 'openai';
import { ConfigurationError } from '../configuration/configuration-error.js';
import {
  CONFIGURATION,
  type Configuration,
  type UpstreamConfiguration,
} from '../configuration/configuration.js';
import { ChatUpstream } from './chat/chat-upstream.js';
import { ContinuationIgnoredError } from './chat/continuation-probe.js';
import { PrefixContinuation } from './chat/prefix-continuation.js';
import { EchoModel } from './echo-model.js';
import type { Model } from './model.js';
import { Models } from './models.js';
import { ResponsesUpstream } from './responses-upstream.js';
import { upstreamError } from './upstream-error.js';

@Module({
  providers: [{ provide: Models, inject: [CONFIGURATION], useFactory: modelsOf }],
  exports: [Models],
})
export class ModelsModule {}

async function modelsOf({ upstream, echoTokensPerSecond }: Configuration): Promise<Models> {
  const echo = new EchoModel(echoTokensPerSecond);
  return new Models(upstream === undefined ? [echo] : [await upstreamOf(upstream), echo]);
}

async function upstreamOf(configuration: UpstreamConfiguration): Promise<Model> {
  const { model, api, baseUrl, apiKey, background, continuation } = configuration;
  const client = new OpenAI({
    // The key is asked for by the client, not by every upstream.
    apiKey: apiKey ?? 'none',
    ...(baseUrl && { baseURL: baseUrl }),
    // The caller's client repeats requests. If ours did too, they would be multiplied.
    maxRetries: 0,
  });
  if (api === 'responses') return new ResponsesUpstream(model, client, background);
  if (continuation === undefined) return new ChatUpstream(model, client);
  const prefix = new PrefixContinuation(client, continuation);
  await prove(prefix, configuration);
  return new ChatUpstream(model, client, prefix);
}

/** An upstream that ignores what it is asked is found out now, not by the first reader whose replica is lost. */
async function prove(
  prefix: PrefixContinuation,
  { model, continuation }: UpstreamConfiguration,
): Promise<void> {
  try {
    await prefix.prove(model);
  } catch (error) {
    const isRefused = error instanceof APIError && [400, 422].includes(error.status as number);
    if (error instanceof ContinuationIgnoredError || isRefused) {
      throw new ConfigurationError([
        `UPSTREAM_CONTINUATION must be none, or another one than ${continuation}: the upstream does not continue an unfinished answer so (${error.message})`,
      ]);
    }
    const told = upstreamError(error);
    const { message } =
      told instanceof Error && told.cause instanceof Error ? told.cause : (error as Error);
    new Logger('Upstream').warn(
      `UPSTREAM_CONTINUATION could not be tried out. It is tried again before it is used. ${message}`,
    );
  }
}
