import OpenAI from 'openai';
import OpenAINext from 'openai-next';

/** The official client, as the service uses it and in its next major version. */
export const clients = [
  ['openai', OpenAI],
  // The same interface as far as these tests go; only the private types of the two differ.
  ['openai-next', OpenAINext as unknown as typeof OpenAI],
] as const;

export const adapters = ['express', 'fastify'] as const;

/** A client of one service. It never retries: a test wants to see the first answer. */
export function clientOf(service: { readonly url: string }, Client: typeof OpenAI): OpenAI {
  return new Client({ apiKey: 'unused', baseURL: `${service.url}/v1`, maxRetries: 0 });
}

export function words(count: number): string {
  return Array.from({ length: count }, (_, index) => `w${index}`).join(' ');
}
