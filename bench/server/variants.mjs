import { createHttpTerminator } from 'http-terminator';
import { DrainableStream, GracefulShutdownModule } from 'nestjs-drain';
import * as peer from 'nestjs-graceful-shutdown';

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

  'nestjs-drain': ({ timeout }) => ({
    imports: [GracefulShutdownModule.forRoot({ timeout })],
    streamDecorators: [DrainableStream()],
    prepare: (application) => application.enableShutdownHooks(),
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
