import { readFile, writeFile } from 'node:fs/promises';
import { type CheckReport } from './check.js';
import { type Finding } from './finding.js';
import { UnusableInputError } from './input/unusable-input.js';

interface Entry {
  readonly rule: string;
  readonly file: string;
  readonly resource: string;
  readonly message: string;
}

/** What a finding is known by: not by its line, which moves with every edit. */
const keyOf = ({ rule, file, resource, message }: Entry): string =>
  JSON.stringify([rule, file, resource, message]);

const entryOf = ({ rule, file, resource, message }: Finding): Entry => ({
  rule: rule.id,
  file,
  resource,
  message,
});

/** Writes the findings down as known. */
export async function writeBaseline(file: string, { findings }: CheckReport): Promise<void> {
  const entries = findings.map(entryOf);
  await writeFile(file, `${JSON.stringify({ version: 1, findings: entries }, null, 2)}\n`);
}

/**
 * The report without the findings that the baseline knows; each entry stands for one finding.
 * @throws UnusableInputError when the file cannot be read.
 */
export async function withoutKnown(file: string, report: CheckReport): Promise<CheckReport> {
  const known = new Map<string, number>();
  for (const key of (await read(file)).map(keyOf)) known.set(key, (known.get(key) ?? 0) + 1);
  const findings = report.findings.filter((finding) => {
    const key = keyOf(entryOf(finding));
    const left = known.get(key) ?? 0;
    known.set(key, left - 1);
    return left <= 0;
  });
  return { ...report, findings };
}

async function read(file: string): Promise<readonly Entry[]> {
  try {
    const { findings } = JSON.parse(await readFile(file, 'utf8')) as { findings?: Entry[] };
    if (Array.isArray(findings)) return findings;
    throw new Error('it holds no findings');
  } catch (error) {
    throw new UnusableInputError(
      `${file}: not a baseline (${(error as Error).message}). Write one with --write-baseline ${file}.`,
    );
  }
}
