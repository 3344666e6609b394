import { readFileSync } from 'node:fs';

interface Package {
  readonly version: string;
}

const file = new URL('../../package.json', import.meta.url);

/** The version of this package. */
export const { version } = JSON.parse(readFileSync(file, 'utf8')) as Package;

/** Where the reference of a rule stands: in the published package of this version. */
export const helpAddress = (rule: string): string =>
  `https://unpkg.com/nestjs-drain-cli@${version}/dist/check-rules.md#${rule}`;
