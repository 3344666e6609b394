import { Module } from '@nestjs/common';
import OpenAI from 'openai';
import {
  CONFIGURATION,
  type Configuration,
  type UpstreamConfiguration,
} from '../configuration/configuration.js';
import { ChatUpstream } from './chat-upstream.js';
import { EchoModel } from './echo-model.js';
import type { Model } from './model.js';
import { Models } from './models.js';
import { ResponsesUpstream } from './responses-upstream.js';

@Module({
  providers: [{ provide: Models, inject: [CONFIGURATION], useFactory: modelsOf }],
  exports: [Models],
})
export class ModelsModule {}

function modelsOf({ upstream, echoTokensPerSecond }: Configuration): Models {
  const echo = new EchoModel(echoTokensPerSecond);
  return new Models(upstream === undefined ? [echo] : [upstreamOf(upstream), echo]);
}

function upstreamOf({ model, api, baseUrl, apiKey, background }: UpstreamConfiguration): Model {
  // The key is asked for by the client, not by every upstream.
  const client = new OpenAI({ apiKey: apiKey ?? 'none', ...(baseUrl && { baseURL: baseUrl }) });
  return api === 'chat'
    ? new ChatUpstream(model, client)
    : new ResponsesUpstream(model, client, background);
}
