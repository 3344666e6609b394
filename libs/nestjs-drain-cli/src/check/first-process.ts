/** A first process that does not pass signals on. */
export interface Wrapper {
  readonly wrapper: string;
  /** The shell line, and the same with `exec` where that mends it. */
  readonly script?: string;
  readonly mended?: string;
}

const managers = /^(npm|npx|yarn|yarnpkg|pnpm|pnpx|bunx|nest|nodemon)$/;
const shells = /^(sh|bash|ash|dash|zsh)$/;

/** Who stands between the kubelet and node; undefined when node (or an unknown program) is first. */
export function firstProcess(command: readonly string[]): Wrapper | undefined {
  const words = withoutInit(command);
  if (!words) return undefined;
  const program = name(words[0]);
  if (managers.test(program)) return { wrapper: words.slice(0, 3).join(' ') };
  const flag = words.findIndex((word) => /^-\w*c$/.test(word));
  const script = words[flag + 1];
  if (!shells.test(program) || flag < 0 || script === undefined) return undefined;
  return inShell(program, script);
}

const name = (word: string | undefined): string => word?.split('/').pop() ?? '';

/** tini passes signals to its child, and with -g to all; dumb-init to all: then nobody is in between. */
function withoutInit(command: readonly string[]): readonly string[] | undefined {
  if (name(command[0]) === 'dumb-init') return undefined;
  if (name(command[0]) !== 'tini') return command;
  const rest = command.slice(1);
  if (rest.includes('-g')) return undefined;
  return rest.slice(rest.findIndex((word) => !word.startsWith('-')));
}

function inShell(shell: string, script: string): Wrapper | undefined {
  if (/\btrap\s/.test(script)) return undefined;
  const [, started] = /(?:^|&&|\|\||;|\n)\s*exec\s+(\S+)/.exec(script) ?? [];
  if (started) return managers.test(name(started)) ? { wrapper: `exec ${started}` } : undefined;
  const last =
    script
      .split(/&&|;|\n/)
      .map((each) => each.trim())
      .filter(Boolean)
      .at(-1) ?? '';
  const mends = /^node\s/.test(last) && !/["'`|()<>]|&\s*$/.test(script);
  const at = script.lastIndexOf(last);
  const mended = `${script.slice(0, at)}exec ${script.slice(at)}`;
  return { wrapper: `${shell} -c`, script, ...(mends && { mended }) };
}
