import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { startFixture, type FixtureProcess } from './support/fixture-process.js';
import { eventually } from '../../../testing/eventually.js';

let running: FixtureProcess;
afterEach(() => running.stop());

async function start(applications: string, library = ''): Promise<FixtureProcess> {
  running = await startFixture('two-applications', {
    APPLICATIONS: applications,
    LIBRARY: library,
  });
  await running.printed('ready');
  return running;
}

/** Longer than the second in which one signal may be delivered twice. */
const moment = 1300;

describe('two applications in one process', () => {
  test.each([
    ['with Nest’s hooks', 'one hooks,two hooks work'],
    ['of which one exits by Nest', 'one exits,two hooks work'],
    ['without hooks', 'one,two work'],
    ['of which one has hooks', 'one hooks,two work'],
    ['of which one has no signals of ours', 'one,two work hooks unsignalled'],
  ])('%s: both drain before the process exits, once, with 0', async (_, applications) => {
    const { process, printed, exited, output, tell } = await start(applications);
    process.kill('SIGTERM');
    await printed('one completed');
    await printed('two started');
    // Nest has raised the signal again by then, where it does.
    await pause(moment);
    expect(output()).not.toContain('two completed');
    tell('two finish');
    expect(await exited).toEqual({ code: 0, signal: null });
    expect(output()).toContain('two completed');
    if (applications.includes('two hooks')) expect(output()).toContain('two closed');
    const isUnrun = output().includes('Nest does not run the shutdown hooks of Last');
    expect(isUnrun).toBe(applications === 'one,two work');
  });
});

test('a library that raises the signal again ends nothing before the drain', async () => {
  const { process, printed, exited, output, tell } = await start('one work', 'raises');
  process.kill('SIGTERM');
  await printed('the library raises it again');
  await pause(100);
  expect(output()).not.toContain('Second signal');
  tell('one finish');
  expect(await exited).toEqual({ code: 0, signal: null });
});

test('a signal that is delivered twice, or as two, is one signal', async () => {
  const { process, printed, exited, output, tell } = await start('one work');
  process.kill('SIGINT');
  await printed('one started by SIGINT');
  process.kill('SIGINT');
  process.kill('SIGTERM');
  await pause(moment);
  expect(output()).not.toContain('Second signal');
  tell('one finish');
  expect(await exited).toEqual({ code: 0, signal: null });
});

test.each([
  ['SIGINT', 'SIGINT', 130],
  ['SIGTERM', 'SIGINT', 130],
  ['SIGTERM', 'SIGTERM', 143],
] as const)(
  'an operator’s second signal, %s then %s, exits at once',
  async (first, second, code) => {
    const { process, printed, exited, output } = await start('one work');
    process.kill(first);
    await printed(`one started by ${first}`);
    await pause(moment);
    process.kill(second);
    expect(await exited).toEqual({ code, signal: null });
    expect(output()).toContain(`Second signal (${second}): exiting at once`);
  },
);

test('a reset after a signal leaves the process alive, and the next signal drains', async () => {
  const { process, printed, exited, output, tell } = await start('one work resets');
  process.kill('SIGTERM');
  await printed('one serves again');
  process.kill('SIGTERM');
  await eventually(() => expect(output().split('one started').length - 1).toBe(2));
  expect(output()).not.toMatch(/unhandled|Error/i);
  tell('one finish');
  expect(await exited).toEqual({ code: 0, signal: null });
});

test('a reset is refused with the reason while Nest closes the application', async () => {
  const { process, printed, exited, output, tell } = await start('one work hooks resets');
  process.kill('SIGTERM');
  await printed('The drain cannot be reset: the application is being closed.');
  expect(output()).not.toContain('serves again');
  tell('one finish');
  await exited;
});

test('another listener that exits first is named when the drain starts, and when it exits', async () => {
  const { process, exited, output } = await start('one work', 'exits');
  process.kill('SIGTERM');
  expect(await exited).toEqual({ code: 0, signal: null });
  const warning = /Another listener of SIGTERM may end the process .*: flushTraces \(/g;
  expect(output().match(warning)).toHaveLength(1);
  expect(output()).toMatch(/exits with 0 before its drain has ended[\s\S]*two-applications/);
});
