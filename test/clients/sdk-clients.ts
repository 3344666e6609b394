import { createOpenAI } from '@ai-sdk/openai';
import { ChatOpenAI } from '@langchain/openai';
import { Agent, OpenAIProvider, Runner } from '@openai/agents';
import { generateText, streamText } from 'ai';
import * as aiNext from 'ai-next';
import { createOpenAI as createOpenAINext } from 'ai-openai-next';
import OpenAI from 'openai';
import OpenAINext from 'openai-next';
import { toldBy, type Client } from './client.js';

const baseURL = (url: string) => `${url}/v1`;
const apiKey = 'unused';

/** The official client streams, and is asked for the whole. */
function official(name: string, Official: typeof OpenAI): Client[] {
  const open = (url: string) => new Official({ apiKey, baseURL: baseURL(url) });
  return [
    {
      name: `${name} \`responses.stream()\``,
      async ask(url, input) {
        const stream = open(url).responses.stream({ model: 'echo', input });
        const response = await stream.finalResponse();
        return { text: response.output_text, told: toldBy(response) };
      },
    },
    {
      name: `${name} \`responses.create()\``,
      async ask(url, input) {
        const response = await open(url).responses.create({ model: 'echo', input });
        return { text: response.output_text, told: toldBy(response) };
      },
    },
  ];
}

interface AiSdk {
  readonly streamText: typeof streamText;
  readonly generateText: typeof generateText;
}

const toldByReason = (reason: string) => (reason === 'stop' ? undefined : reason);

/** Vercel's AI SDK, on its provider for OpenAI. */
function vercel(name: string, ai: AiSdk, create: typeof createOpenAI): Client[] {
  const model = (url: string) => create({ apiKey, baseURL: baseURL(url) }).responses('echo');
  return [
    {
      name: `${name} \`streamText()\``,
      async ask(url, prompt) {
        let failure: unknown;
        const onError = ({ error }: { error: unknown }) => void (failure = error);
        const result = ai.streamText({ model: model(url), prompt, onError });
        let text = '';
        for await (const piece of result.textStream) text += piece;
        if (failure !== undefined) throw failure as Error;
        return { text, told: toldByReason(await result.finishReason) };
      },
    },
    {
      name: `${name} \`generateText()\``,
      async ask(url, prompt) {
        const { text, finishReason } = await ai.generateText({ model: model(url), prompt });
        return { text, told: toldByReason(finishReason) };
      },
    },
  ];
}

function agentsRunner(url: string): Runner {
  const modelProvider = new OpenAIProvider({ apiKey, baseURL: baseURL(url), useResponses: true });
  // Traces would be sent to OpenAI.
  return new Runner({ modelProvider, tracingDisabled: true });
}

const agent = new Agent({ name: 'echo', model: 'echo' });

const agents: readonly Client[] = [
  {
    name: '`@openai/agents` `run()`',
    async ask(url, input) {
      const result = await agentsRunner(url).run(agent, input);
      return { text: result.finalOutput ?? '' };
    },
  },
  {
    name: '`@openai/agents` `run({ stream: true })`',
    async ask(url, input) {
      const result = await agentsRunner(url).run(agent, input, { stream: true });
      let text = '';
      for await (const piece of result.toTextStream({ compatibleWithNodeStreams: false }))
        text += piece;
      await result.completed;
      return { text };
    },
  },
];

function chain(url: string): ChatOpenAI {
  const configuration = { baseURL: baseURL(url) };
  return new ChatOpenAI({ model: 'echo', apiKey, useResponsesApi: true, configuration });
}

const langchain: readonly Client[] = [
  {
    name: '`@langchain/openai` `invoke()`',
    async ask(url, input) {
      const message = await chain(url).invoke(input);
      return { text: message.text, told: toldBy(message.response_metadata) };
    },
  },
  {
    name: '`@langchain/openai` `stream()`',
    async ask(url, input) {
      let text = '';
      let metadata: object = {};
      for await (const chunk of await chain(url).stream(input)) {
        text += chunk.text;
        metadata = { ...metadata, ...chunk.response_metadata };
      }
      return { text, told: toldBy(metadata) };
    },
  },
];

/** The clients of other projects, in the versions that package.json names. */
export const sdkClients: readonly Client[] = [
  ...official('`openai` 6', OpenAI),
  // The same interface as far as this goes; only the private types of the two differ.
  ...official('`openai` 7', OpenAINext as unknown as typeof OpenAI),
  ...vercel('`ai` 6', { streamText, generateText }, createOpenAI),
  ...vercel(
    '`ai` 7',
    aiNext as unknown as AiSdk,
    createOpenAINext as unknown as typeof createOpenAI,
  ),
  ...agents,
  ...langchain,
];
