import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const library = (path: string) => fileURLToPath(new URL(`libs/nestjs-drain/${path}`, import.meta.url));

export default defineConfig({
  test: {
    projects: [
      {
        // The laws, on source, in milliseconds.
        resolve: {
          alias: [
            { find: /^nestjs-drain$/, replacement: library('src/index.ts') },
            { find: /^nestjs-drain\/(.+)$/, replacement: library('src/$1/index.ts') },
          ],
        },
        test: {
          name: 'unit',
          include: ['libs/*/src/**/*.test.ts', 'src/**/*.test.ts'],
        },
      },
      {
        // The built packages and the built service, real sockets, real signals.
        test: {
          name: 'e2e',
          include: ['libs/*/test/**/*.test.ts', 'test/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
