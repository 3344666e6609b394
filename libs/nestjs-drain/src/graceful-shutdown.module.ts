import {
  ConfigurableModuleBuilder,
  Module,
  Optional,
  UseGuards,
  type ConfigurableModuleAsyncOptions,
  type DynamicModule,
  type MiddlewareConsumer,
  type NestModule,
  type Provider,
  type Type,
} from '@nestjs/common';
import { DiscoveryModule, ModulesContainer } from '@nestjs/core';
import { TerminusModule } from '@nestjs/terminus';
import { forRootDone, requireForRoot } from './compat/for-root.js';
import { AfterNestModule } from './compat/nest-close.js';
import { ControlGuard } from './control/caller.guard.js';
import { Management } from './control/management.decorator.js';
import { ManagementPort } from './control/management-port.js';
import { ManagementRoutes } from './control/management-routes.js';
import {
  CONTROL_ACCESS,
  controlAccessChecks,
  controlRouteChecks,
  type ControlAccess,
  type ControlRoutes,
} from './control/options.js';
import { AllowedPeerGuard } from './control/page.guard.js';
import { shutdownController } from './control/shutdown.controller.js';
import {
  flag,
  InvalidDrainOptionsError,
  object,
  optionProblems,
  unlessFalse,
  type OptionCheck,
  type OptionChecks,
} from './core/option-checks.js';
import { DRAIN, FAREWELL, SHUTDOWN } from './core/tokens.js';
import { HttpConnections } from './http/http-connections.js';
import { Uncounted } from './http/uncounted.guard.js';
import { applicationDrain } from './lifecycle/application-drain.js';
import { ApplicationSignals } from './lifecycle/application-signals.js';
import { Diagnostics } from './lifecycle/diagnostics.js';
import { DrainLogger } from './lifecycle/drain-logger.js';
import { Hooks } from './lifecycle/hooks.js';
import {
  moduleOptionChecks,
  PROCESS_OPTIONS,
  separateOptions,
  type ModuleOptions,
} from './lifecycle/options.js';
import { BeforeNest, ShutdownSequence } from './lifecycle/shutdown-sequence.js';
import { ShutdownService } from './lifecycle/shutdown.service.js';
import { LivenessIndicator, ReadinessIndicator } from './probes/indicators.js';
import { healthChecks, type HealthOptions } from './probes/options.js';
import { probeController } from './probes/probe.controller.js';
import { AdmissionGuard } from './streams/admission.guard.js';
import type { Farewell } from './streams/farewell.js';
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
  /** What cancelled `@Sse()` streams send last, unless their route declares its own. */
  farewell?: Farewell;
}

export interface GracefulShutdownOptions
  extends Omit<DynamicOptions, 'control'>, Omit<StaticOptions, 'control'> {
  control?: (ControlRoutes & ControlAccess) | false;
}

/** For `useClass` and `useExisting` of `forRootAsync()`. */
export interface GracefulShutdownOptionsFactory {
  createGracefulShutdownOptions(): DynamicOptions | Promise<DynamicOptions>;
}

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

/** As the application gave them. */
const GIVEN_OPTIONS = Symbol.for('nestjs-drain.GivenOptions');
/** Checked. */
const OPTIONS = Symbol.for('nestjs-drain.Options');

const statics: StaticOptions = {};
const { ConfigurableModuleClass } = new ConfigurableModuleBuilder<DynamicOptions>({
  optionsInjectionToken: GIVEN_OPTIONS,
})
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createGracefulShutdownOptions')
  .setExtras(statics, assemble)
  .build();

/** `useFactory`, `useClass` or `useExisting`, and what no factory can decide. */
export type GracefulShutdownAsyncOptions = ConfigurableModuleAsyncOptions<
  DynamicOptions,
  'createGracefulShutdownOptions'
> &
  StaticOptions;

/**
 * Drains the application before it goes away: import it once, in the root module.
 * The options are checked at start; impossible ones throw an InvalidDrainOptionsError with the remedy.
 */
@Module({ providers: [requireForRoot('GracefulShutdownModule')] })
export class GracefulShutdownModule extends ConfigurableModuleClass implements NestModule {
  constructor(@Optional() private readonly managementPort?: ManagementPort) {
    super();
  }

  configure(consumer: MiddlewareConsumer): void {
    this.managementPort?.hideFromTraffic(consumer);
  }

  static override forRoot(options: GracefulShutdownOptions = {}): DynamicModule {
    const { isGlobal, health, control, ...rest } = options;
    const given = typeof control === 'object' ? control : {};
    const { path, reset, ...access } = given;
    const routes = control === undefined || control === given ? { path, reset } : control;
    return super.forRootAsync({
      ...definedOnly({ isGlobal, health }),
      control: typeof routes === 'object' ? definedOnly(routes) : routes,
      useFactory: () => ({ ...rest, control: access }),
    });
  }

  static override forRootAsync(options: GracefulShutdownAsyncOptions): DynamicModule {
    return super.forRootAsync(options);
  }
}

const staticChecks: OptionChecks = {
  isGlobal: flag,
  health: unlessFalse(object(healthChecks)),
  control: unlessFalse(object(controlRouteChecks)),
};

function assemble(definition: DynamicModule, options: StaticOptions): DynamicModule {
  const { isGlobal = true, health, control } = options;
  const problems = optionProblems(definedOnly({ isGlobal, health, control }), staticChecks);
  const routes = problems.length === 0 ? controllersOf(options) : [];
  return {
    ...definition,
    global: isGlobal,
    imports: [
      ...(definition.imports ?? []),
      AfterNestModule,
      DiscoveryModule,
      TerminusModule.forRoot({ logger: false }),
    ],
    controllers: routes,
    providers: [
      ...(definition.providers ?? []),
      checkedOptions(problems),
      ...derivedProviders,
      ...providers,
      forRootDone,
    ],
    exports: [...exported],
  };
}

function controllersOf({ health, control }: StaticOptions): Type[] {
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
  return controllers;
}

/** The routes exist before a factory runs: an option for them that a factory returns comes too late. */
const tooLate: OptionCheck = (name) => [
  `\`${name}\` comes from the factory, but Nest makes the routes before it runs; set it beside ` +
    '`useFactory`, as in `forRootAsync({ control: { path: ... }, useFactory })`.',
];

const dynamicChecks: OptionChecks = {
  ...moduleOptionChecks,
  farewell: (_, value) =>
    value === null ? ['`farewell` is null; leave it out for the default.'] : [],
  isGlobal: tooLate,
  health: tooLate,
  control: (name, value) =>
    value === false
      ? tooLate(name, value)
      : optionProblems(value, { ...controlAccessChecks, path: tooLate, reset: tooLate }, name),
};

/** All problems at once, those of the routes and those of a factory. */
function checkedOptions(problems: readonly string[]): Provider {
  return {
    provide: OPTIONS,
    inject: [{ token: GIVEN_OPTIONS, optional: true }],
    useFactory: (options: DynamicOptions | undefined) => {
      if (options === undefined || options === null) {
        throw new InvalidDrainOptionsError([
          `The factory of forRootAsync() returned ${String(options)}; return the options, or {} for the defaults.`,
        ]);
      }
      const all = [...problems, ...optionProblems(options, dynamicChecks)];
      if (all.length > 0) throw new InvalidDrainOptionsError(all);
      return options;
    },
  };
}

/** Each part is given its own options, and no other's. */
const derivedProviders: Provider[] = [
  {
    provide: DRAIN,
    inject: [ModulesContainer, OPTIONS],
    useFactory: (modules: ModulesContainer, options: DynamicOptions) =>
      applicationDrain(modules, processPart(options)),
  },
  {
    provide: PROCESS_OPTIONS,
    inject: [OPTIONS],
    useFactory: (options: DynamicOptions) => separateOptions(processPart(options)).process,
  },
  { provide: FAREWELL, inject: [OPTIONS], useFactory: ({ farewell }: DynamicOptions) => farewell },
  {
    provide: CONTROL_ACCESS,
    inject: [OPTIONS],
    useFactory: ({ control }: DynamicOptions) => control ?? {},
  },
];

function processPart({ control: _, farewell: __, ...options }: DynamicOptions): ModuleOptions {
  return options;
}

const providers: Provider[] = [
  ShutdownService,
  Hooks,
  ShutdownSequence,
  { provide: SHUTDOWN, useExisting: ShutdownSequence },
  BeforeNest,
  ApplicationSignals,
  DrainLogger,
  Diagnostics,
  HttpConnections,
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
