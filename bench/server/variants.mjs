import { UseGuards, UseInterceptors } from '@nestjs/common';
import { createHttpTerminator } from 'http-terminator';
import lightshipModule from 'lightship';
import { DrainableStream, GracefulShutdownModule } from 'nestjs-drain';
import { DrainMetricsModule } from 'nestjs-drain/metrics';
import { DrainResumeModule } from 'nestjs-drain/resume';
import { MemoryResumeStore } from 'nestjs-drain-resume';
import { Subject, takeUntil } from 'rxjs';
import * as peer from 'nestjs-graceful-shutdown';

// CommonJS without named exports.
const { createLightship } = lightshipModule;

/** 5 000 subscriptions a second. */
export const reconnectWaves = { size: 50, interval: 0.01 };

const nothing = { imports: [], streamDecorators: [], prepare() {} };

/** A guard that knows which responses are open, as application code would do it. */
function countByHand(open) {
  return {
    canActivate(context) {
      const response = context.getArgByIndex(1);
      const raw = response.raw ?? response;
      open.add(raw);
      raw.once('close', () => open.delete(raw));
      return true;
    },
  };
}

/**
 * The application with and without a shutdown library, each set up as its README says. All may take
 * as long as the longest stream (`timeout`, seconds), so that none is measured by its own bound. Pauses for the
 * balancer's sake are 0 everywhere, for the same reason (`propagationDelay`, and lightship's `shutdownDelay`).
 */
export const variants = {
  bare: () => nothing,

  'bare, with a guard': () => ({
    ...nothing,
    streamDecorators: [UseGuards({ canActivate: () => true })],
  }),

  'counted by hand': () => ({ ...nothing, streamDecorators: [UseGuards(countByHand(new Set()))] }),

  'counted and cancelled by hand': () => {
    const stop = new Subject();
    const cancel = { intercept: (_context, next) => next.handle().pipe(takeUntil(stop)) };
    return {
      ...nothing,
      streamDecorators: [UseGuards(countByHand(new Set())), UseInterceptors(cancel)],
    };
  },

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

  lightship: ({ timeout }) => ({
    ...nothing,
    async prepare(application) {
      const lightship = await createLightship({
        detectKubernetes: false,
        port: 0,
        shutdownDelay: 0,
        gracefulShutdownTimeout: timeout * 1000,
        shutdownHandlerTimeout: timeout * 1000,
      });
      lightship.registerShutdownHandler(() => application.close());
      lightship.signalReady();
    },
  }),

  'nestjs-graceful-shutdown': ({ timeout }) => ({
    ...nothing,
    imports: [peer.GracefulShutdownModule.forRoot({ gracefulShutdownTimeout: timeout * 1000 })],
    prepare: (application) => peer.setupGracefulShutdown({ app: application }),
  }),
};

function drained(options, ...entries) {
  return {
    imports: [GracefulShutdownModule.forRoot(options), ...entries],
    streamDecorators: [DrainableStream()],
    prepare: (application) => application.enableShutdownHooks(),
  };
}
