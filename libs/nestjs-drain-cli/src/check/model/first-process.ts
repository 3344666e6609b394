import { shellOf } from './image.js';

/** A first process that does not, or may not, pass SIGTERM on to the service. */
export interface Wrapper {
  /** The words that start it, for a message. */
  readonly wrapper: string;
  /**
   * manager: a package manager; supervisor: it passes the signal on and kills after a time of its own;
   * shell: it waits for its child; script: what a file holds is not known.
   */
  readonly kind: 'manager' | 'watcher' | 'supervisor' | 'shell' | 'script';
  /** Is it known what the shell of this image does? */
  readonly shell: ReturnType<typeof shellOf>;
  /** The shell line, and the same with `exec` where that mends it. */
  readonly script?: string;
  readonly mended?: string;
}

const managers = /^(npm|npx|yarn|yarnpkg|pnpm|pnpx|bunx)$/;
const watchers =
  /^(nest|nodemon|ts-node-dev|tsnd|concurrently|npm-run-all|run-s|run-p|pm2|forever|time)$/;
/** PM2 kills 1.6 s after its signal, supervisord 10 s, unless a file of theirs says more. */
const supervisors = /^(pm2-runtime|pm2-docker|supervisord)$/;
const shells = /^(sh|bash|ash|dash|zsh)$/;

/** Who stands between the kubelet and the service; undefined when the service itself is first. */
export function firstProcess(command: readonly string[], image: string): Wrapper | undefined {
  const words = withoutStarters(command);
  if (!words?.[0]) return undefined;
  const program = name(words[0]);
  const shell = shellOf(image);
  const wrapper = words.slice(0, 3).join(' ');
  const kind = kindOf(words);
  if (kind) return { wrapper, kind, shell };
  return shells.test(program) ? inShell(program, words, shell) : undefined;
}

/** What a program is that runs another one, shells apart; undefined for the service itself. */
function kindOf(words: readonly string[]): 'manager' | 'watcher' | 'supervisor' | undefined {
  const program = name(words[0]);
  if (managers.test(program)) return 'manager';
  if (supervisors.test(program)) return 'supervisor';
  return watchers.test(program) || isWatching(program, words) ? 'watcher' : undefined;
}

const isWatching = (program: string, words: readonly string[]): boolean =>
  (/^(node|bun|deno)$/.test(program) && words.some((word) => /^--watch(-path)?(=|$)/.test(word))) ||
  (program === 'tsx' && words[1] === 'watch');

const name = (word: string | undefined): string => word?.split('/').pop() ?? '';

/**
 * The command without what passes signals on: tini to its child and with -g to all, dumb-init to
 * all, Node's docker-entrypoint.sh and env by exec, corepack by running the manager itself.
 */
function withoutStarters(command: readonly string[]): readonly string[] | undefined {
  const [first = '', ...rest] = command;
  switch (name(first)) {
    case 'dumb-init':
      return undefined;
    case 'tini':
      return rest.includes('-g') ? undefined : withoutStarters(afterOptions(rest));
    case 'docker-entrypoint.sh':
    case 'corepack':
    case 'exec':
      return withoutStarters(rest);
    case 'env':
    case 'cross-env':
    case 'dotenv':
      return withoutStarters(rest.slice(rest.findIndex((word) => !/=|^-/.test(word))));
    default:
      return command;
  }
}

const afterOptions = (words: readonly string[]): readonly string[] =>
  words.slice(words.findIndex((word) => !word.startsWith('-')));

function inShell(
  program: string,
  words: readonly string[],
  image: Wrapper['shell'],
): Wrapper | undefined {
  const shell = program === 'sh' ? image : program === 'ash' ? 'busybox' : known(program);
  const flag = words.findIndex((word, index) => index > 0 && /^-\w*c$/.test(word));
  const script = words[flag + 1];
  if (flag < 0 || script === undefined) {
    const [file] = afterOptions(words.slice(1));
    return file === undefined
      ? undefined
      : { wrapper: `${program} ${file}`, kind: 'script', shell };
  }
  if (/\btrap\s/.test(script)) return undefined;
  const last = lastCommand(script);
  const started = withoutStarters(last.replace(/^exec\s+/, '').split(/\s+/)) ?? [];
  const wrapper = started.slice(0, 3).join(' ');
  const kind = kindOf(started);
  if (kind) return { wrapper, kind, shell };
  // In a pipeline `exec` replaces only the copy of the shell that runs this part.
  if (/^exec\s[^|]*$/.test(last) || execsLast(shell, script, last)) return undefined;
  return { wrapper: `${program} -c`, kind: 'shell', shell, script, ...mend(script, last) };
}

const known = (program: string): Wrapper['shell'] =>
  program === 'bash' || program === 'dash' ? program : undefined;

const lastCommand = (script: string): string =>
  script
    .split(/&&|;|\n/)
    .map((each) => each.trim())
    .filter(Boolean)
    .at(-1) ?? '';

/**
 * Measured (bash 5.2, busybox 1.35, dash 0.5.12): bash and busybox replace themselves by the last
 * simple command of `-c`, bash not with a redirection; dash never does. After `|`, `||`, `&` and in
 * brackets all of them wait.
 */
function execsLast(shell: Wrapper['shell'], script: string, last: string): boolean {
  const isSimple = !/\||&\s*$|^[({]|[)}]$/.test(last) && !/&\s*$/.test(script);
  if (shell === 'bash') return isSimple && !/[<>]/.test(last);
  return shell === 'busybox' && isSimple;
}

function mend(script: string, last: string): Pick<Wrapper, 'mended'> {
  const mends = /^(node|bun|deno|python3?|java|\.?\/[\w./-]+)(\s|$)/.test(last);
  if (!mends || /["'`|()<>]|&\s*$/.test(script)) return {};
  const at = script.lastIndexOf(last);
  return { mended: `${script.slice(0, at)}exec ${script.slice(at)}` };
}
