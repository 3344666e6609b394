import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { htmlPicture } from './picture/html-picture.js';
import { markdownPicture } from './picture/markdown-picture.js';
import { pngPicture } from './picture/png-picture.js';
import { svgPicture } from './picture/svg-picture.js';
import { UsageError } from './usage-error.js';
import { junit } from './verdict/junit.js';
import { type RehearsalReport } from './verdict/report.js';

/** Files to write; each is optional. */
export interface ResultFiles {
  readonly json?: string;
  readonly junit?: string;
  readonly html?: string;
  readonly svg?: string;
  readonly png?: string;
  /** Appended to: a job's summary is shared by its steps. */
  readonly markdown?: string;
}

/**
 * Writes the report in every form that was asked for and resolves the files' names.
 * @throws UsageError when a file cannot be written.
 */
export async function writeResults(report: RehearsalReport, files: ResultFiles): Promise<string[]> {
  const written: string[] = [];
  const write = async (
    file: string | undefined,
    content: () => string | Promise<Uint8Array>,
    put: typeof writeFile | typeof appendFile = writeFile,
  ) => {
    if (file === undefined) return;
    await putInto(file, await content(), put);
    written.push(file);
  };
  await write(files.json, () => `${JSON.stringify(report, null, 2)}\n`);
  await write(files.junit, () => junit(report));
  await write(files.html, () => htmlPicture(report));
  await write(files.svg, () => svgPicture(report));
  await write(files.png, () => pngPicture(report));
  await write(files.markdown, () => markdownPicture(report), appendFile);
  return written;
}

async function putInto(
  file: string,
  content: string | Uint8Array,
  put: typeof writeFile | typeof appendFile,
): Promise<void> {
  try {
    await mkdir(dirname(resolve(file)), { recursive: true });
    await put(file, content);
  } catch (error) {
    throw new UsageError(`Cannot write ${file}: ${String(error)}`);
  }
}
