import { readFileSync } from 'node:fs';

interface Package {
  readonly version: string;
  /** The repository's page. */
  readonly homepage: string;
}

const file = new URL('../../package.json', import.meta.url);

const described = JSON.parse(readFileSync(file, 'utf8')) as Package;

/** The version of this package. */
export const { version } = described;

/** Where the reference of a rule stands. */
export const helpAddress = (rule: string): string =>
  `${described.homepage.replace(/#.*/, '')}/blob/main/docs/check-rules.md#${rule}`;
