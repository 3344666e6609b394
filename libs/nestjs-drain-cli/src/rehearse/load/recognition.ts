import { pathToFileURL } from 'node:url';
import { resolve } from 'node:path';
import { UsageError } from '../usage-error.js';

/** One event of a stream: of SSE, or a piece of any other body, or a WebSocket message. */
export interface StreamEvent {
  /** The SSE event's name; `message` when it has none. */
  readonly event: string;
  readonly data: string;
  readonly id?: string;
}

/** The request that continues a stream which broke off. */
export interface ResumeRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Tells a stream's end from its middle. A user's module exports any of these. */
export interface Recognition {
  /** Is this the event after which nothing is missing? */
  complete(event: StreamEvent): boolean;
  /** Does the server say here that it ends the stream early? */
  farewell(event: StreamEvent): boolean;
  /** How to continue a finite stream that broke off, from its first and last event. */
  resume?(received: { first?: StreamEvent; last?: StreamEvent }): ResumeRequest | undefined;
}

export interface RecognitionPlan {
  readonly completeEvents: readonly string[];
  readonly completeData: readonly string[];
  readonly completeText?: string;
  readonly farewellEvents: readonly string[];
  readonly farewellText?: string;
}

/** The terminal events that common APIs send; used until the user names others. */
export const defaultRecognition: RecognitionPlan = {
  completeEvents: ['response.completed', 'done', 'complete', 'completed', 'end', 'message_stop'],
  completeData: ['[DONE]'],
  farewellEvents: ['response.incomplete', 'response.failed', 'shutdown', 'farewell', 'error'],
};

export function recognise(plan: RecognitionPlan): Recognition {
  return {
    complete: ({ event, data }) =>
      plan.completeEvents.includes(event) ||
      plan.completeData.includes(data.trim()) ||
      (plan.completeText !== undefined && data.includes(plan.completeText)),
    farewell: ({ event, data }) =>
      plan.farewellEvents.includes(event) ||
      (plan.farewellText !== undefined && data.includes(plan.farewellText)),
  };
}

/**
 * The user's own module over the plan's rules.
 * @throws UsageError when the module cannot be loaded or exports none of the three functions.
 */
export async function recogniseByModule(file: string, plan: RecognitionPlan): Promise<Recognition> {
  const module = await load(file);
  const own = Object.fromEntries(
    ['complete', 'farewell', 'resume'].flatMap((name) => {
      const value = module[name];
      return typeof value === 'function' ? [[name, value]] : [];
    }),
  ) as Partial<Recognition>;
  if (Object.keys(own).length === 0) {
    throw new UsageError(
      `${file} must export complete(event), farewell(event) or resume(received)`,
    );
  }
  return { ...recognise(plan), ...own };
}

async function load(file: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(resolve(file)).href)) as Record<string, unknown>;
  } catch (error) {
    throw new UsageError(`Cannot load ${file} given by --recognise: ${String(error)}`);
  }
}
