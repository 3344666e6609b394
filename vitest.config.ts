import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const library = (path: string) => fileURLToPath(new URL(`libs/${path}`, import.meta.url));

export default defineConfig({
  test: {
    // Many tests wait for a pod to go; more than three at once on two cores only measure the machine.
    maxWorkers: 3,
    reporters: process.env.CI
      ? ['default', ['json', { outputFile: 'test-results.json' }]]
      : ['default'],
    projects: [
      {
        // The laws, on source, in milliseconds.
        resolve: {
          alias: [
            {
              find: /^(nestjs-drain(?:-resume|-client)?)$/,
              replacement: library('$1/src/index.ts'),
            },
            {
              find: /^(nestjs-drain(?:-resume)?)\/(.+)$/,
              replacement: library('$1/src/$2/index.ts'),
            },
          ],
        },
        test: {
          name: 'unit',
          include: ['libs/*/src/**/*.test.ts', 'src/**/*.test.ts'],
          // A bound for what hangs, not a measure: a busy machine is slow.
          testTimeout: 30_000,
        },
      },
      {
        // The built packages and the built service, real sockets, real signals.
        test: {
          name: 'e2e',
          include: ['libs/*/test/**/*.test.ts', 'test/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // Real processes on a busy machine: once more, and the log says so.
          retry: 1,
        },
      },
    ],
  },
});
