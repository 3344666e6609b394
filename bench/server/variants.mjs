import { createHttpTerminator } from 'http-terminator';
import { DrainableStream, GracefulShutdownModule } from 'nestjs-drain';
import { DrainMetricsModule } from 'nestjs-drain/metrics';
import { DrainResumeModule } from 'nestjs-drain/resume';
import { MemoryResumeStore } from 'nestjs-drain-resume';
import * as peer from 'nestjs-graceful-shutdown';

/** 5 000 subscriptions a second. */
export const reconnectWaves = { size: 50, interval: 0.01 };

const nothing = { imports: [], streamDecorators: [], prepare() {} };

/**
 * The application with and without a shutdown library, each set up as its README says. All may take
 * as long as the longest stream (`timeout`, seconds), so that none is measured by its own bound.
 */
export const variants = {
  bare: () => nothing,

  'enableShutdownHooks only': () => ({
    ...nothing,
    prepare: (application) => application.enableShutdownHooks(),
  }),

  'nestjs-drain': drained,
  'with metrics': (options) => drained(options, DrainMetricsModule.forRoot()),
  'with resume, unused': (options) =>
    drained(options, DrainResumeModule.forRoot({ store: new MemoryResumeStore() })),

  'subscriptions in waves': (options) => ({
    ...drained(options),
    imports: [GracefulShutdownModule.forRoot({ ...options, waves: reconnectWaves })],
    streamDecorators: [DrainableStream({ kind: 'subscription' })],
  }),

  'http-terminator': ({ timeout }) => ({
    ...nothing,
    prepare(application) {
      const terminator = createHttpTerminator({
        server: application.getHttpServer(),
        gracefulTerminationTimeout: timeout * 1000,
      });
      process.once('SIGTERM', async () => {
        await terminator.terminate();
        await application.close();
      });
    },
  }),

  'nestjs-graceful-shutdown': ({ timeout }) => ({
    ...nothing,
    imports: [peer.GracefulShutdownModule.forRoot({ gracefulShutdownTimeout: timeout * 1000 })],
    prepare: (application) => peer.setupGracefulShutdown({ app: application }),
  }),
};

function drained({ timeout }, ...entries) {
  return {
    imports: [GracefulShutdownModule.forRoot({ timeout }), ...entries],
    streamDecorators: [DrainableStream()],
    prepare: (application) => application.enableShutdownHooks(),
  };
}
