import { DockerfileParser } from 'dockerfile-ast';
import { type Source } from './source.js';

/** What a Dockerfile says about the first process of its image. */
export interface Dockerfile {
  readonly file: string;
  /** ENTRYPOINT and CMD of the last stage, as the container runtime joins them; empty when unset. */
  readonly command: readonly string[];
  /** 1-based line of the instruction that starts the process. */
  readonly line: number;
  /** The image that the last stage is built from, through earlier stages of the same file. */
  readonly base: string;
  /** STOPSIGNAL of the last stage. */
  readonly stopSignal: string | undefined;
}

type Instruction = ReturnType<ReturnType<typeof DockerfileParser.parse>['getInstructions']>[number];

export function readDockerfile({ file, text }: Source): Dockerfile {
  const instructions = DockerfileParser.parse(text).getInstructions();
  const start = instructions.findLastIndex((each) => each.getKeyword() === 'FROM');
  const stage = instructions.slice(Math.max(start, 0));
  const last = (keyword: string) => stage.findLast((each) => each.getKeyword() === keyword);
  const [entryPoint, command] = [last('ENTRYPOINT'), last('CMD')];
  const words = entryPoint ? wordsOf(entryPoint) : [];
  // The shell form of ENTRYPOINT takes no arguments.
  const isShell = entryPoint !== undefined && !isJson(entryPoint);
  const starting = entryPoint ?? command;
  return {
    file,
    command: command && !isShell ? [...words, ...wordsOf(command)] : words,
    line: (starting?.getRange().start.line ?? 0) + 1,
    base: baseOf(instructions),
    stopSignal: last('STOPSIGNAL')?.getArgumentsContent() ?? undefined,
  };
}

const isJson = (instruction: Instruction): boolean =>
  /^\s*\[/.test(instruction.getArgumentsContent() ?? '');

function wordsOf(instruction: Instruction): string[] {
  const content = instruction.getArgumentsContent() ?? '';
  if (!isJson(instruction)) return ['/bin/sh', '-c', content];
  try {
    return (JSON.parse(content.replaceAll('\\\n', '')) as unknown[]).map(String);
  } catch {
    // The runtime takes a broken list for a shell line as well.
    return ['/bin/sh', '-c', content];
  }
}

/** Follows `FROM stage` to the image that is not a stage of this file. */
function baseOf(instructions: readonly Instruction[]): string {
  const stages = instructions
    .filter((each) => each.getKeyword() === 'FROM')
    .map((each) => each.getArguments().map((argument) => argument.getValue()))
    .map((words) => words.filter((word) => !word.startsWith('--')));
  const named = new Map(
    stages.map(([image = '', as, name]) => [/^as$/i.test(as ?? '') ? (name ?? '') : '', image]),
  );
  let base = stages.at(-1)?.[0] ?? '';
  for (let step = 0; step < stages.length; step += 1) base = named.get(base) ?? base;
  return base;
}
