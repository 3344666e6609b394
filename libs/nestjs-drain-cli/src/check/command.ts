import { writeFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { check, type CheckReport } from './check.js';
import { fix } from './fix.js';
import { renderJson } from './report/json.js';
import { renderSarif } from './report/sarif.js';
import { renderText } from './report/text.js';
import { type Severity, severities } from './rule.js';
import { readSources, type Source, standardInput } from './source.js';
import { UnusableInputError } from './unusable-input.js';

interface CheckOptions {
  readonly fix?: boolean;
  readonly json?: boolean;
  readonly sarif?: boolean;
  readonly severity: Severity;
}

const exitCodes = { clean: 0, findings: 1, unusable: 2 } as const;

/** The `check` command: reads manifests and names what would lose streams. */
export function checkCommand(): Command {
  return (
    new Command('check')
      .description('Read Kubernetes manifests and name what would lose streams.')
      .argument(
        '<path...>',
        'manifests, folders of them, or - for stdin (kustomize, helm template)',
      )
      .option('--fix', 'mend what can be mended without a decision, in place, comments kept')
      .addOption(new Option('--json', 'report as JSON').conflicts('sarif'))
      .option('--sarif', 'report as SARIF 2.1.0')
      .addOption(
        new Option('--severity <least>', 'the least severity that fails the check')
          .choices(severities)
          .default('warning'),
      )
      .addHelpText('after', '\nExit code: 0 clean, 1 findings, 2 input that cannot be judged.')
      // Without this a mistyped option would exit as if streams were lost.
      .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : exitCodes.unusable))
      .action(async (paths: string[], options: CheckOptions) => {
        process.exitCode = await run(paths, options).catch(unusable);
      })
  );
}

async function run(paths: readonly string[], options: CheckOptions): Promise<number> {
  const sources = await readSources(paths, process.stdin);
  const report = options.fix ? await mend(sources) : await check(sources);
  const render = options.json ? renderJson : options.sarif ? renderSarif : renderText;
  process.stdout.write(render(report));
  const least = severities.indexOf(options.severity);
  const fails = report.findings.some(({ severity }) => severities.indexOf(severity) >= least);
  return fails ? exitCodes.findings : exitCodes.clean;
}

/** Mends and checks again until nothing more can be mended: one edit may ask for another. */
async function mend(sources: readonly Source[]): Promise<CheckReport> {
  if (sources.some(({ file }) => file === standardInput)) {
    throw new UnusableInputError('--fix changes files, and stdin is none. Pass the files.');
  }
  let current = sources;
  let report = await check(current);
  for (let round = 0; round < 5; round += 1) {
    const mended = current.map((source) => fix(source, report.findings));
    const changed = mended.filter(({ text }, index) => text !== current[index]?.text);
    if (changed.length === 0) break;
    await Promise.all(changed.map(({ file, text }) => writeFile(file, text)));
    current = mended;
    report = await check(current);
  }
  return report;
}

function unusable(error: unknown): number {
  if (!(error instanceof UnusableInputError)) throw error;
  process.stderr.write(`${error.message}\n`);
  return exitCodes.unusable;
}
