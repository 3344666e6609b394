import { writeFile } from 'node:fs/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import { withoutKnown, writeBaseline } from './baseline.js';
import { check, type CheckReport, type Declarations } from './check.js';
import { explain, listRules, ruleOf } from './explain.js';
import { type Finding } from './finding.js';
import { type Input, readInput, standardInput } from './input/source.js';
import { UnusableInputError } from './input/unusable-input.js';
import { askSettings } from './live.js';
import { fix } from './mend/fix.js';
import { givenOf } from './mend/given.js';
import { seconds } from './model/duration.js';
import { type Declared } from './model/settings.js';
import { renderGithub } from './report/github.js';
import { renderJson } from './report/json.js';
import { renderSarif } from './report/sarif.js';
import { renderMended, renderText, type TextOptions } from './report/text.js';
import { type Severity, severities } from './rule.js';
import { version } from './version.js';

interface CheckOptions {
  readonly fix?: boolean;
  readonly format: keyof typeof formats;
  readonly json?: boolean;
  readonly sarif?: boolean;
  readonly long?: boolean;
  readonly severity: Severity;
  readonly explain?: string;
  readonly rules?: boolean;
  readonly baseline?: string;
  readonly writeBaseline?: string;
  readonly url?: string;
  readonly timeout?: number;
  readonly propagationDelay?: number;
  readonly flushTimeout?: number;
}

const formats = {
  text: renderText,
  json: renderJson,
  sarif: renderSarif,
  github: renderGithub,
} satisfies Record<string, (report: CheckReport, options: TextOptions) => string>;

const exitCodes = { clean: 0, findings: 1, unusable: 2 } as const;

/** The `check` command: reads manifests and names what would lose streams. */
export function checkCommand(): Command {
  const command = new Command('check')
    .description('Read manifests (Kubernetes, compose, ECS) and name what would lose streams.')
    .argument(
      '[path...]',
      'manifests, folders of them, Dockerfiles, or - for stdin (kustomize, helm template)',
    )
    .version(version, '--version', 'print the version');
  addReportOptions(command);
  addSettingOptions(command);
  return (
    command
      .addHelpText(
        'after',
        '\nExit code: 0 clean, 1 findings, 2 something could not be read or judged.',
      )
      // Without this a mistyped option would exit as if streams were lost.
      .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : exitCodes.unusable))
      .action(async (paths: string[], options: CheckOptions) => {
        process.stdout.on('error', leave);
        process.exitCode = await run(paths, options).catch(unusable);
      })
  );
}

function addReportOptions(command: Command): void {
  command
    .option('--fix', 'mend what can be mended without a decision, in place, all other bytes kept')
    .addOption(
      new Option('--format <format>', 'how to report')
        .choices(Object.keys(formats))
        .default('text'),
    )
    .addOption(new Option('--json', 'the same as --format json').conflicts('sarif'))
    .option('--sarif', 'the same as --format sarif (2.1.0)')
    .option('--long', 'with the reason and the remedy of each finding')
    .option('--explain <rule>', 'what a rule is about; with manifests, its findings and remedies')
    .option('--rules', 'list the rules')
    .option('--baseline <file>', 'leave out the findings that this file knows')
    .option('--write-baseline <file>', 'write the findings down as known')
    .addOption(
      new Option('--severity <least>', 'the least severity that fails the check')
        .choices(severities)
        .default('warning'),
    );
}

function addSettingOptions(command: Command): void {
  command
    .option('--timeout <time>', "the drain's timeout, where no annotation declares it", time)
    .option('--propagation-delay <time>', 'propagationDelay, likewise', time)
    .option('--flush-timeout <time>', 'flushTimeout, likewise', time)
    .option('--url <address>', 'ask the running service for its times (/shutdown/status)');
}

function time(text: string): number {
  const value = seconds(text);
  if (value === undefined) throw new InvalidArgumentError('A time is 300, 300s or 5m.');
  return value;
}

async function run(paths: readonly string[], options: CheckOptions): Promise<number> {
  if (options.rules) return print(listRules());
  const rule = options.explain === undefined ? undefined : ruleOf(options.explain);
  if (rule && paths.length === 0) return print(explain(rule, undefined));
  if (paths.length === 0) {
    throw new UnusableInputError('Pass manifests, folders of them, or - for stdin.');
  }
  const report = await reportOn(paths, options);
  const format = options.json ? 'json' : options.sarif ? 'sarif' : options.format;
  print(rule ? explain(rule, report) : formats[format](report, options));
  // Other formats have no place for it, and programs read them.
  if (rule || format !== 'text') process.stderr.write(renderMended(report));
  return exitCode(report, options.severity);
}

async function reportOn(paths: readonly string[], options: CheckOptions): Promise<CheckReport> {
  const input = await readInput(paths, process.stdin);
  const live = options.url === undefined ? {} : await askSettings(options.url);
  const declared = { flags: flagsOf(options), live };
  const report = options.fix ? await mend(input, declared) : await check(input, declared);
  if (report.resources === 0 && report.patches === 0 && report.unread.length === 0) {
    throw new UnusableInputError(
      `${paths.join(', ')}: no Kubernetes resource in it. Pass manifests (apiVersion, kind), or rendered ones on stdin.`,
    );
  }
  if (options.writeBaseline !== undefined) await writeBaseline(options.writeBaseline, report);
  return options.baseline === undefined ? report : withoutKnown(options.baseline, report);
}

function flagsOf({ timeout, propagationDelay, flushTimeout }: CheckOptions): Declared {
  return {
    ...(timeout !== undefined && { timeout }),
    ...(propagationDelay !== undefined && { propagationDelay }),
    ...(flushTimeout !== undefined && { flushTimeout }),
  };
}

/** What could not be read or judged outweighs what was found: the verdict is not complete. */
function exitCode({ findings, judged, unread }: CheckReport, severity: Severity): number {
  if (unread.length > 0) return exitCodes.unusable;
  const least = severities.indexOf(severity);
  if (findings.some((each) => severities.indexOf(each.severity) >= least))
    return exitCodes.findings;
  return judged === 0 ? exitCodes.unusable : exitCodes.clean;
}

/** Mends and checks again until nothing more can be mended: one edit may ask for another. */
async function mend(input: Input, declared: Declarations): Promise<CheckReport> {
  if (input.sources.some(({ file }) => file === standardInput)) {
    throw new UnusableInputError('--fix changes files, and stdin is none. Pass the files.');
  }
  let { sources } = input;
  const given = await check(input, declared);
  let report = given;
  const done: Finding[] = [];
  for (let round = 0; round < 5; round += 1) {
    const mended = sources.map((source) => fix(source, report.findings));
    const changed = mended.filter(({ text }, index) => text !== sources[index]?.text);
    if (changed.length === 0) break;
    await Promise.all(changed.map(({ file, text }) => writeFile(file, text)));
    done.push(...changed.flatMap((source) => source.mended));
    sources = mended;
    report = await check({ ...input, sources }, declared);
  }
  sayRefused(report, new Set(sources.filter(({ isLossy }) => isLossy).map(({ file }) => file)));
  return { ...report, mended: givenOf(given.findings, done) };
}

/** What could be mended and still is not, stands where an edit would change more than its place. */
function sayRefused({ findings }: CheckReport, lossy: ReadonlySet<string>): void {
  for (const { file, line, rule } of findings.filter(({ edits }) => edits.length > 0)) {
    const reason = lossy.has(file)
      ? 'the file is not UTF-8, so other bytes would change'
      : 'an alias, a text block or a collection in its way';
    process.stderr.write(
      `${file}:${line}: --fix will not edit this place for ${rule.id} (${reason}). Edit it by hand.\n`,
    );
  }
}

function print(text: string): number {
  process.stdout.write(text);
  return exitCodes.clean;
}

/** The reader of the report has gone, as `head` does. */
function leave(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.stderr.write('The report was not read to its end.\n');
  process.exit(exitCodes.unusable);
}

function unusable(error: unknown): number {
  if (!(error instanceof UnusableInputError)) throw error;
  process.stderr.write(`${error.message}\n`);
  return exitCodes.unusable;
}
