import {
  Module,
  type DynamicModule,
  type FactoryProvider,
  type MiddlewareConsumer,
  type ModuleMetadata,
  type NestModule,
  type Provider,
} from '@nestjs/common';
import { DiscoveryModule, ModulesContainer } from '@nestjs/core';
import { ManagementRoutes } from './compat/management-routes.js';
import { ManagementFront } from './control/management-front.js';
import { ManagementPort } from './control/management-port.js';
import { CONTROL_OPTIONS, type ControlOptions } from './control/options.js';
import { ControlWarnings } from './control/control-warnings.js';
import { ShutdownRoutes } from './control/shutdown-routes.js';
import type { Drain } from './core/drain.js';
import { DRAIN, MANAGEMENT_ROUTES, SHUTDOWN } from './core/tokens.js';
import { Diagnostics } from './lifecycle/diagnostics.js';
import { LivenessIndicator, ReadinessIndicator } from './probes/indicators.js';
import { HEALTH_OPTIONS, Probes, type HealthOptions } from './probes/probes.js';
import { HttpConnections } from './http/http-connections.js';
import { AdmissionGuard } from './streams/admission.guard.js';
import { applicationDrain } from './lifecycle/application-drain.js';
import { BeforeNest } from './lifecycle/before-nest.js';
import { DrainLogger } from './lifecycle/drain-logger.js';
import { Lifecycle } from './lifecycle/lifecycle.js';
import {
  FAREWELL,
  PROCESS_OPTIONS,
  separateOptions,
  type ModuleOptions,
} from './lifecycle/options.js';
import { ProcessSignals } from './lifecycle/process-signals.js';
import { ShutdownSequence } from './lifecycle/shutdown-sequence.js';
import { ShutdownService } from './lifecycle/shutdown.service.js';
import { StatusFeed } from './control/status/status-feed.js';

export interface GracefulShutdownOptions extends ModuleOptions {
  /** Whether every module may inject `ShutdownService` without importing this one. Default true. */
  isGlobal?: boolean;
  /** The probe routes `/health`, `/ready`, `/startup`; `false` leaves them out. */
  health?: HealthOptions | false;
  /** The routes under `/shutdown`; `false` leaves them out. */
  control?: ControlOptions | false;
}

/** What a factory may decide: all but `isGlobal`, which Nest has to know before it runs one. */
export type DynamicOptions = Omit<GracefulShutdownOptions, 'isGlobal'>;

export interface GracefulShutdownAsyncOptions extends Pick<GracefulShutdownOptions, 'isGlobal'> {
  imports?: ModuleMetadata['imports'];
  inject?: FactoryProvider['inject'];
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as Nest's own FactoryProvider: what is injected is the user's
  useFactory: (...dependencies: any[]) => DynamicOptions | Promise<DynamicOptions>;
}

const OPTIONS = Symbol.for('nestjs-drain.Options');

const exported = [
  DRAIN,
  SHUTDOWN,
  FAREWELL,
  MANAGEMENT_ROUTES,
  ShutdownService,
  AdmissionGuard,
  LivenessIndicator,
  ReadinessIndicator,
] as const;

/**
 * Drains the application before it goes away: import it once, in the root module.
 * The options are checked at start; impossible ones throw an InvalidDrainOptionsError with the remedy.
 */
@Module({})
export class GracefulShutdownModule implements NestModule {
  constructor(private readonly front: ManagementFront) {}

  configure(consumer: MiddlewareConsumer): void {
    this.front.configure(consumer);
  }

  static forRoot({ isGlobal, ...options }: GracefulShutdownOptions = {}): DynamicModule {
    return assemble({ useFactory: () => options }, isGlobal);
  }

  static forRootAsync(options: GracefulShutdownAsyncOptions): DynamicModule {
    const { isGlobal, imports, inject, useFactory } = options;
    return assemble({ useFactory, ...(inject && { inject }) }, isGlobal, imports);
  }
}

function assemble(
  factory: Pick<FactoryProvider<DynamicOptions>, 'inject' | 'useFactory'>,
  isGlobal = true,
  imports: ModuleMetadata['imports'] = [],
): DynamicModule {
  return {
    module: GracefulShutdownModule,
    global: isGlobal,
    imports: [...imports, DiscoveryModule],
    providers: [{ provide: OPTIONS, ...factory }, ...derivedProviders, ...providers],
    exports: [...exported],
  };
}

/** Each part is given its own options, and no other's. */
const derivedProviders: Provider[] = [
  {
    provide: DRAIN,
    inject: [ModulesContainer, OPTIONS],
    useFactory: (
      modules: ModulesContainer,
      { control: _, health: __, ...options }: DynamicOptions,
    ) => applicationDrain(modules, separateOptions(options).drain),
  },
  {
    provide: PROCESS_OPTIONS,
    inject: [OPTIONS],
    useFactory: ({ control: _, health: __, ...options }: DynamicOptions) =>
      separateOptions(options).process,
  },
  { provide: FAREWELL, inject: [OPTIONS], useFactory: ({ farewell }: DynamicOptions) => farewell },
  {
    provide: CONTROL_OPTIONS,
    inject: [OPTIONS],
    useFactory: ({ control }: DynamicOptions) => control ?? {},
  },
  {
    provide: HEALTH_OPTIONS,
    inject: [OPTIONS],
    useFactory: ({ health }: DynamicOptions) => health ?? {},
  },
  {
    provide: MANAGEMENT_ROUTES,
    inject: [DRAIN],
    useFactory: ({ requests }: Drain) => new ManagementRoutes(requests),
  },
];

const providers: Provider[] = [
  ShutdownService,
  Lifecycle,
  ShutdownSequence,
  { provide: SHUTDOWN, useExisting: ShutdownSequence },
  BeforeNest,
  ProcessSignals,
  DrainLogger,
  Diagnostics,
  StatusFeed,
  ShutdownRoutes,
  ControlWarnings,
  LivenessIndicator,
  ReadinessIndicator,
  Probes,
  // Before the connections, whose listener sees and tells every request of the server.
  ManagementFront,
  ManagementPort,
  HttpConnections,
  AdmissionGuard,
];
