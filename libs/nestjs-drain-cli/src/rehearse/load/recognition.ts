import { pathToFileURL } from 'node:url';
import { resolve } from 'node:path';
import { UsageError } from '../usage-error.js';

/** One event of a stream: of SSE, or a line of any other body, or a WebSocket message. */
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

/** Tells a stream's end from its middle. A user's module exports any of the functions. */
export interface Recognition {
  /** The user named the end: nothing else is one. For SSE, and for bodies and messages without event names. */
  readonly named: { readonly events: boolean; readonly text: boolean };
  /** Is this the event after which nothing is missing? */
  complete(event: StreamEvent): boolean;
  /** Does the server say here that it ends the stream early? */
  farewell(event: StreamEvent): boolean;
  /** How to continue a finite stream that broke off, from its first and last event. */
  resume?(received: { first?: StreamEvent; last?: StreamEvent }): ResumeRequest | undefined;
  /** Is nothing missing between the last event before an interruption and the first one after it? */
  follows?(before: StreamEvent, after: StreamEvent): boolean;
}

/** The flags that recognise ends; it can be sent to another process. */
export interface RecognitionPlan {
  readonly completeEvents: readonly string[];
  readonly completeData: readonly string[];
  readonly completeText?: string;
  readonly farewellEvents: readonly string[];
  readonly farewellText?: string;
  /** The user named an end by one of these. */
  readonly named: { readonly events: boolean; readonly text: boolean };
  /** The user's module, whose functions win over the rules above. */
  readonly module?: string;
}

const functions = ['complete', 'farewell', 'resume', 'follows'] as const;

/** The terminal events that common APIs send; used until the user names others. */
export const defaultRecognition: RecognitionPlan = {
  completeEvents: ['response.completed', 'done', 'complete', 'completed', 'end', 'message_stop'],
  completeData: ['[DONE]'],
  farewellEvents: ['response.incomplete', 'response.failed', 'shutdown', 'farewell', 'error'],
  named: { events: false, text: false },
};

/**
 * The rules of the plan, and the functions of its module.
 * @throws UsageError when the module cannot be loaded or exports none of the functions.
 */
export async function recognitionOf(plan: RecognitionPlan): Promise<Recognition> {
  const rules = recognise(plan);
  if (plan.module === undefined) return rules;
  const own = await functionsOf(plan.module);
  const named = own.complete === undefined ? rules.named : { events: true, text: true };
  return { ...rules, ...own, named };
}

export function recognise(plan: RecognitionPlan): Recognition {
  return {
    named: plan.named,
    complete: ({ event, data }) =>
      plan.completeEvents.includes(event) ||
      plan.completeData.includes(data.trim()) ||
      (plan.completeText !== undefined && data.includes(plan.completeText)),
    farewell: ({ event, data }) =>
      plan.farewellEvents.includes(event) ||
      (plan.farewellText !== undefined && data.includes(plan.farewellText)),
  };
}

async function functionsOf(file: string): Promise<Partial<Recognition>> {
  const module = await load(file);
  const own = Object.fromEntries(
    functions.flatMap((name) => {
      const value = module[name];
      return typeof value === 'function'
        ? [[name, explained(file, name, value as UserFunction)]]
        : [];
    }),
  ) as Partial<Recognition>;
  if (Object.keys(own).length === 0) {
    throw new UsageError(
      `${file} must export complete(event), farewell(event), resume(received) or follows(before, after)`,
    );
  }
  return own;
}

type UserFunction = (...received: unknown[]) => unknown;

/** A fault of the user's function names the function. */
function explained(file: string, name: string, value: UserFunction): UserFunction {
  return (...received) => {
    try {
      return value(...received);
    } catch (error) {
      throw new UsageError(
        `${name}() of ${file} failed (${String(error)}): let it return false or undefined for what it does not know`,
      );
    }
  };
}

async function load(file: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(resolve(file)).href)) as Record<string, unknown>;
  } catch (error) {
    throw new UsageError(`Cannot load ${file} given by --recognise: ${String(error)}`);
  }
}
