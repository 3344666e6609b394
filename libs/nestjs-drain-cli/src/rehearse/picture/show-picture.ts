import { spawn } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { platform, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type RehearsalReport } from '../verdict/report.js';
import { htmlPicture } from './html-picture.js';

export interface PictureOptions {
  /** Where the page has been written, if it has. */
  readonly html?: string;
  readonly svg?: string;
  readonly png?: string;
  readonly markdown?: string;
  readonly open?: boolean;
}

/** Opens the page if it is wanted; a rehearsal without any picture gets one. Resolves a line for people. */
export async function showPicture(
  report: RehearsalReport,
  options: PictureOptions,
): Promise<string> {
  const { html, svg, png, markdown, open } = options;
  if (!open && (html ?? svg ?? png ?? markdown) !== undefined) return '';
  const file = html === undefined ? await temporaryPage(report) : resolve(html);
  if (open) openInBrowser(file);
  return html === undefined ? `picture: ${file}${open ? '' : ' (--open shows it)'}\n` : '';
}

async function temporaryPage(report: RehearsalReport): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rehearsal-'));
  const file = join(folder, 'rehearsal.html');
  await writeFile(file, htmlPicture(report));
  return file;
}

const openers: Partial<Record<NodeJS.Platform, string[]>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
};

/** `BROWSER` wins, as other tools have it. It does not hold this process, nor end with it. */
function openInBrowser(file: string): void {
  const { BROWSER: chosen } = process.env;
  const [program = '', ...values] = chosen ? [chosen] : (openers[platform()] ?? ['xdg-open']);
  const child = spawn(program, [...values, file], { stdio: 'ignore', detached: true });
  child.on('error', () => {
    process.stderr.write(`Cannot open a browser with ${program}: open ${file} yourself.\n`);
  });
  child.unref();
}
