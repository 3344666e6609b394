import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

const executablePath = '/usr/bin/chromium';

/** Why the tests in a browser cannot run, or undefined. In CI it is an error instead. */
export const missingChromium = ((): string | undefined => {
  if (existsSync(executablePath)) return undefined;
  const reason = 'chromium is missing; install the Debian package chromium';
  if (process.env['CI'] === 'true') throw new Error(reason);
  console.warn(`skipped: ${reason}`);
  return reason;
})();

const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const startChromium = (): Promise<Browser> =>
  chromium.launch({ executablePath, args: quiet });
