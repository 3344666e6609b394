import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { Reading } from '../compare/resume/reading.js';
import { missingRedis } from '../libs/nestjs-drain-resume/test/support/redis-server.js';

const program = fileURLToPath(new URL('../compare/dist/resume/main.js', import.meta.url));

/** Runs `npm run compare:resume` on few clients, without its build. */
async function compare(...choice: string[]): Promise<string> {
  const scale = ['--clients', '4', '--words', '60'];
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...scale, ...choice]);
  return stdout;
}

(missingRedis ? describe.skip : describe)('the comparison of resumable streams', () => {
  test('holds both of ours to a SIGKILL of the producer', async () => {
    const output = await compare('--only', 'ours', '--fault', 'c');
    expect(output).toContain('(c) nestjs-drain: **4 of 4**');
    expect(output).toContain('(c) nestjs-drain-resume: **4 of 4**');
  });

  test('still speaks with a peer, beside ours, when all connections are cut', async () => {
    const output = await compare('--only', 'nestjs-drain,resumable-stream', '--fault', 'a');
    expect(output).toContain('(a) nestjs-drain: **4 of 4**');
    expect(output).toContain('(a) resumable-stream: **4 of 4**');
    expect(output).toMatch(/Versions: nestjs-drain \d.*, resumable-stream \d/);
  });

  test('writes no part of the table', async () => {
    await expect(compare('--update', '--fault', 'a')).rejects.toThrow(
      'leave out --only and --fault',
    );
  });
});

describe('an answer of three words', () => {
  const read = (...places: number[]): Reading => {
    const reading = new Reading(3);
    for (const place of places) reading.add(`${place} ${process.hrtime.bigint()}`);
    reading.close();
    return reading;
  };

  test.each<[string, number[], object]>([
    ['comes whole', [0, 1, 2], { ending: 'whole', lost: 0, doubled: 0 }],
    ['lacks its last word', [0, 1], { ending: 'short', lost: 1, doubled: 0 }],
    ['has a word twice', [0, 1, 1, 2], { ending: 'short', lost: 0, doubled: 1 }],
    ['has its words in another order', [0, 2, 1], { ending: 'short', lost: 0, doubled: 0 }],
  ])('that %s is judged so', (_, places, judgement) => {
    const { ending, lost, doubled } = read(...places);
    expect({ ending, lost, doubled }).toEqual(judgement);
  });
});
