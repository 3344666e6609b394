import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { htmlPicture } from './picture/html-picture.js';
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
}

/**
 * Writes the report in every form that was asked for and resolves the files' names.
 * @throws UsageError when a file cannot be written.
 */
export async function writeResults(report: RehearsalReport, files: ResultFiles): Promise<string[]> {
  const written: string[] = [];
  const write = async (file: string | undefined, content: () => Promise<string | Uint8Array>) => {
    if (file === undefined) return;
    await put(file, await content());
    written.push(file);
  };
  await write(files.json, () => Promise.resolve(`${JSON.stringify(report, null, 2)}\n`));
  await write(files.junit, () => Promise.resolve(junit(report)));
  await write(files.html, () => Promise.resolve(htmlPicture(report)));
  await write(files.svg, () => Promise.resolve(svgPicture(report)));
  await write(files.png, () => pngPicture(report));
  return written;
}

async function put(file: string, content: string | Uint8Array): Promise<void> {
  try {
    await mkdir(dirname(resolve(file)), { recursive: true });
    await writeFile(file, content);
  } catch (error) {
    throw new UsageError(`Cannot write ${file}: ${String(error)}`);
  }
}
