import { fileURLToPath } from 'node:url';
import { expect } from '@jest/globals';
import type { DrainReport } from 'nestjs-drain';
import { startProgram } from '../../../libs/nestjs-drain/test/support/fixture-process.js';
import { labelled } from '../../../testing/labelled.js';

/** A recipe's application in a process of its own. */
export interface RecipeProcess {
  readonly url: string;
  /** Everything it has printed so far. */
  output(): string;
  /** Resolves once the output has come to hold this text. */
  printed(text: string): Promise<void>;
  /** Resolves once a request such as `GET /visits` has come in. */
  received(request: string): Promise<void>;
  /** SIGTERM, as a kubelet sends it. */
  readonly terminate: () => void;
  readonly exited: Promise<number | NodeJS.Signals | null>;
  /** Ends it at once, whatever it is doing. */
  stop(): Promise<void>;
}

export type Env = Record<string, string>;

/** One thing that is under way when SIGTERM comes. */
export interface Play {
  /** What is under way, as the table of docs/recipes.md calls it. */
  readonly underWay: string;
  readonly env?: Env;
  /** Starts what the application needs, and says where it is. */
  prepare?(cleanups: Cleanups): Promise<Env>;
  /** Where the deadline has to be reached. Default `completed`. */
  readonly outcome?: DrainReport['outcome'];
  /** Why it cannot be played on this machine. */
  readonly skipped?: string | undefined;
  /** Opens it, sends SIGTERM in its middle, and resolves to what its client has seen, in words. */
  run(app: RecipeProcess, prepared: Env, cleanups: Cleanups): Promise<string>;
}

export interface Recipe {
  /** The folder of its application. */
  readonly name: string;
  readonly plays: readonly Play[];
}

/** What a play has opened; the last comes first. */
export type Cleanups = (() => unknown)[];

const witness = new URL('witness.mjs', import.meta.url).href;

export async function startRecipe(name: string, env: Env = {}): Promise<RecipeProcess> {
  const file = fileURLToPath(new URL(`../${name}/main.ts`, import.meta.url));
  const app = await startProgram(file, {
    name: `recipe-${name}`,
    env: { PORT: '0', ...env },
    nodeArguments: ['--import', witness],
  });
  await app.printed('Listening on ');
  const [, url = ''] = /Listening on (http\S+)/.exec(app.output()) ?? [];
  return {
    url,
    output: app.output,
    printed: app.printed,
    received: (request) => app.printed(JSON.stringify({ request })),
    terminate: () => void app.process.kill('SIGTERM'),
    exited: app.exited.then(({ code, signal }) => code ?? signal),
    stop: app.stop,
  };
}

interface Testimony {
  readonly report?: DrainReport;
  /** The requests that were open when the first module was destroyed. */
  readonly openAtDestroy?: readonly string[];
}

const testimonies = (output: string): Testimony[] =>
  [...output.matchAll(/^#witness (.*)$/gm)].map(([, fact = '']) => JSON.parse(fact) as Testimony);

/** What holds at the end of every recipe: exit code 0, a report that adds up, no request behind a destroyed module. */
export async function expectDrained(
  app: RecipeProcess,
  outcome: DrainReport['outcome'] = 'completed',
): Promise<DrainReport> {
  const code = await app.exited;
  const facts = testimonies(app.output());
  const report = facts.find((fact) => fact.report)?.report;
  labelled(app.output(), () => {
    expect(code).toBe(0);
    expect(facts.find(({ openAtDestroy }) => openAtDestroy)).toEqual({ openAtDestroy: [] });
    expect(report).toMatchObject({ trigger: 'SIGTERM', outcome, unfinished: {} });
    const { activeBefore, admitted, ...ended } = report!;
    const { completed, abandoned, reconnect, cancelled, handedOff, cut } = ended;
    expect(activeBefore + admitted).toBe(
      completed + abandoned + reconnect + cancelled + handedOff + cut,
    );
  });
  return report!;
}

/** The streams of a report, in words. How many were refused depends on how often clients ask again. */
export function describeStreams(report: DrainReport): string {
  const fates = ['completed', 'reconnect', 'cancelled', 'handedOff', 'abandoned', 'cut'] as const;
  const counted = fates.filter((fate) => report[fate] > 0);
  return counted.map((fate) => `${report[fate]} ${fate}`).join(', ') || 'no stream';
}
