import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { type RehearsalOptions } from 'nestjs-drain-cli/rehearse';

/** One way to shut down, as its README recommends. */
export interface Variant {
  readonly name: string;
  /** Its file under variants/. */
  readonly file: string;
  /** The packages whose versions are named in the table. */
  readonly packages: readonly string[];
  /** How its pods are probed and told to stop. */
  readonly pod: Pick<RehearsalOptions, 'readiness' | 'preStop' | 'env'>;
  /** It keeps accepting for a while by itself, so that a `preStop` sleep adds nothing. */
  readonly delays: boolean;
}

const alive = { readiness: '/alive' };

export const variants: readonly Variant[] = [
  {
    name: 'enableShutdownHooks() alone',
    file: 'shutdown-hooks',
    packages: ['@nestjs/core'],
    pod: alive,
    delays: false,
  },
  {
    name: 'nestjs-graceful-shutdown',
    file: 'nestjs-graceful-shutdown',
    packages: ['nestjs-graceful-shutdown'],
    pod: alive,
    delays: false,
  },
  {
    name: 'lightship + http-terminator',
    file: 'lightship-http-terminator',
    packages: ['lightship', 'http-terminator'],
    pod: { readiness: '{port:lightship}/ready', env: ['LIGHTSHIP_PORT={port:lightship}'] },
    delays: true,
  },
  {
    name: '@godaddy/terminus',
    file: 'godaddy-terminus',
    packages: ['@godaddy/terminus'],
    pod: { readiness: '/healthcheck' },
    delays: true,
  },
  {
    name: 'http-graceful-shutdown',
    file: 'http-graceful-shutdown',
    packages: ['http-graceful-shutdown'],
    pod: alive,
    delays: false,
  },
  {
    name: 'stoppable',
    file: 'stoppable',
    packages: ['stoppable'],
    pod: alive,
    delays: false,
  },
  {
    name: 'nestjs-drain',
    file: 'nestjs-drain',
    packages: ['nestjs-drain'],
    pod: { readiness: '/ready', preStop: 'get:/shutdown/wait' },
    delays: true,
  },
];

export function commandOf({ file }: Variant): string[] {
  return [process.execPath, fileURLToPath(new URL(`./variants/${file}.js`, import.meta.url))];
}

/** `name version`, read from the packages as installed. */
export function versionsOf({ packages }: Variant): string {
  const require = createRequire(import.meta.url);
  return packages
    .map((name) => {
      const { version } = require(`${name}/package.json`) as { version: string };
      return `${name} ${version}`;
    })
    .join(', ');
}
