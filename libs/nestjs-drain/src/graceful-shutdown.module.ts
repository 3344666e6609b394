import {
  Module,
  UseGuards,
  type DynamicModule,
  type FactoryProvider,
  type MiddlewareConsumer,
  type ModuleMetadata,
  type NestModule,
  type Provider,
  type Type,
} from '@nestjs/common';
import { DiscoveryModule, ModulesContainer } from '@nestjs/core';
import { TerminusModule } from '@nestjs/terminus';
import { ControlGuard } from './control/caller.guard.js';
import { Management } from './control/management.decorator.js';
import { ManagementPort } from './control/management-port.js';
import { ManagementRoutes } from './control/management-routes.js';
import { CONTROL_ACCESS, type ControlAccess, type ControlRoutes } from './control/options.js';
import { AllowedPeerGuard } from './control/page.guard.js';
import { shutdownController } from './control/shutdown.controller.js';
import { DRAIN, SHUTDOWN } from './core/tokens.js';
import { Diagnostics } from './lifecycle/diagnostics.js';
import { LivenessIndicator, ReadinessIndicator } from './probes/indicators.js';
import type { HealthOptions } from './probes/options.js';
import { probeController } from './probes/probe.controller.js';
import { HttpServers } from './http/servers.js';
import { Uncounted } from './http/uncounted.guard.js';
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
import { statusController } from './control/status/status.controller.js';

/** What Nest has to know when the module is declared, before any factory runs. */
export interface StaticOptions {
  /** Whether every module may inject `ShutdownService` without importing this one. Default true. */
  isGlobal?: boolean;
  /** The probe routes `/health`, `/ready`, `/startup`; `false` leaves them out. */
  health?: HealthOptions | false;
  /** The routes under `/shutdown`; `false` leaves them out. */
  control?: ControlRoutes | false;
}

/** What a factory may decide. */
export interface DynamicOptions extends ModuleOptions {
  control?: ControlAccess;
}

export interface GracefulShutdownOptions extends ModuleOptions, Omit<StaticOptions, 'control'> {
  control?: (ControlRoutes & ControlAccess) | false;
}

export interface GracefulShutdownAsyncOptions extends StaticOptions {
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
  ShutdownService,
  AdmissionGuard,
  Uncounted,
  LivenessIndicator,
  ReadinessIndicator,
] as const;

/**
 * Drains the application before it goes away: import it once, in the root module.
 * The options are checked at start; impossible ones throw an InvalidDrainOptionsError with the remedy.
 */
@Module({})
export class GracefulShutdownModule implements NestModule {
  constructor(private readonly managementPort: ManagementPort) {}

  configure(consumer: MiddlewareConsumer): void {
    this.managementPort.hideFromTraffic(consumer);
  }

  static forRoot(options: GracefulShutdownOptions = {}): DynamicModule {
    const { isGlobal, health, control, ...rest } = options;
    const { path, reset, ...access } = control || {};
    const routes = control === false ? false : definedOnly({ path, reset });
    return assemble(definedOnly({ isGlobal, health, control: routes }), {
      useFactory: () => ({ ...rest, control: access }),
    });
  }

  static forRootAsync(options: GracefulShutdownAsyncOptions): DynamicModule {
    const { imports, inject, useFactory, ...statics } = options;
    return assemble(statics, definedOnly({ inject, useFactory }), imports);
  }
}

function assemble(
  { isGlobal = true, health, control }: StaticOptions,
  factory: Pick<FactoryProvider<DynamicOptions>, 'inject' | 'useFactory'>,
  imports: ModuleMetadata['imports'] = [],
): DynamicModule {
  const controllers: Type[] = [];
  if (health !== false) controllers.push(probeController(health));
  if (control !== false) {
    const guards = { page: AllowedPeerGuard, feed: ControlGuard };
    controllers.push(shutdownController(control), statusController(control?.path, guards));
  }
  for (const controller of controllers) {
    UseGuards(Uncounted)(controller);
    Management()(controller);
  }
  return {
    module: GracefulShutdownModule,
    global: isGlobal,
    imports: [...imports, DiscoveryModule, TerminusModule.forRoot({ logger: false })],
    controllers,
    providers: [{ provide: OPTIONS, ...factory }, ...derivedProviders, ...providers],
    exports: [...exported],
  };
}

/** Each part is given its own options, and no other's. */
const derivedProviders: Provider[] = [
  {
    provide: DRAIN,
    inject: [ModulesContainer, OPTIONS],
    useFactory: (modules: ModulesContainer, { control: _, ...options }: DynamicOptions) =>
      applicationDrain(modules, separateOptions(options).drain),
  },
  {
    provide: PROCESS_OPTIONS,
    inject: [OPTIONS],
    useFactory: ({ control: _, ...options }: DynamicOptions) => separateOptions(options).process,
  },
  { provide: FAREWELL, inject: [OPTIONS], useFactory: ({ farewell }: DynamicOptions) => farewell },
  {
    provide: CONTROL_ACCESS,
    inject: [OPTIONS],
    useFactory: ({ control }: DynamicOptions) => control ?? {},
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
  HttpServers,
  AdmissionGuard,
  Uncounted,
  ControlGuard,
  AllowedPeerGuard,
  StatusFeed,
  ManagementRoutes,
  ManagementPort,
  LivenessIndicator,
  ReadinessIndicator,
];

/** Without the keys that are undefined: an option that is left out is not an option set to nothing. */
function definedOnly<T extends object>(
  options: T,
): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  const defined = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(defined) as { [Key in keyof T]: Exclude<T[Key], undefined> };
}
