import {
  ConfigurableModuleBuilder,
  Module,
  Optional,
  type ConfigurableModuleAsyncOptions,
  type DynamicModule,
  type MiddlewareConsumer,
  type NestModule,
  type Provider,
} from '@nestjs/common';
import { DiscoveryModule, ModulesContainer } from '@nestjs/core';
import { forRootDone, requireFactory, requireForRoot } from './compat/for-root.js';
import { ManagementRoutes } from './compat/management-routes.js';
import { AfterNestModule } from './compat/nest-close.js';
import { ControlWarnings } from './control/control-warnings.js';
import { ManagementFront } from './control/management-front.js';
import { ManagementPort } from './control/management-port.js';
import { CONTROL_OPTIONS, controlCheck, type ControlOptions } from './control/options.js';
import { ShutdownRoutes } from './control/shutdown-routes.js';
import { StatusFeed } from './control/status/status-feed.js';
import type { Drain } from './core/drain.js';
import {
  flag,
  InvalidDrainOptionsError,
  object,
  optionProblems,
  unlessFalse,
  type OptionCheck,
  type OptionChecks,
} from './core/option-checks.js';
import { DRAIN, FAREWELL, HEARTBEATS, MANAGEMENT_ROUTES, SHUTDOWN } from './core/tokens.js';
import { HttpServers } from './http/servers.js';
import { applicationDrain } from './lifecycle/application-drain.js';
import { ApplicationSignals } from './lifecycle/application-signals.js';
import { Diagnostics } from './lifecycle/diagnostics.js';
import { DrainableTaskPlaces } from './lifecycle/drainable-task-places.js';
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
import { UnrunHooks } from './lifecycle/unrun-hooks.js';
import { LivenessIndicator, ReadinessIndicator } from './probes/indicators.js';
import { HEALTH_OPTIONS, healthChecks, Probes, type HealthOptions } from './probes/probes.js';
import { DrainableRoutes } from './streams/drainable-routes.js';
import type { Farewell } from './streams/farewell.js';
import { Heartbeats } from './streams/heartbeats.js';
import { ParameterPlaces } from './streams/parameter-places.js';
import { farewellCheck, heartbeatCheck } from './streams/stream-route.js';
import { StreamAdmission } from './streams/stream-admission.js';

/** What a factory may decide: all but `isGlobal`, which Nest has to know before it runs one. */
export interface GracefulShutdownDynamicOptions extends ModuleOptions {
  /** The probe routes `/health`, `/ready`, `/startup`; `false` leaves them out. */
  health?: HealthOptions | false;
  /** The routes under `/shutdown`; `false` leaves them out. */
  control?: ControlOptions | false;
  /**
   * What cancelled `@Sse()` streams send last, unless their route declares its own: `{ type, data }`. A plain text would be an
   * event without a type (`data: …`), which a client takes for one more part of the answer. Default: an event `shutdown`.
   */
  farewell?: Farewell;
  /**
   * Whole seconds for which an event stream may be silent before it gets a comment line, so that proxies do not cut
   * it (most do after 15 to 60 s), unless its route declares its own. Default `false`: none.
   */
  heartbeat?: number | false;
}

interface StaticOptions {
  /** Whether every module may inject `ShutdownService` without importing this one. Default true. */
  isGlobal?: boolean;
}

export interface GracefulShutdownOptions extends GracefulShutdownDynamicOptions, StaticOptions {}

/** For `useClass` and `useExisting` of `forRootAsync()`. */
export interface GracefulShutdownOptionsFactory {
  createGracefulShutdownOptions():
    GracefulShutdownDynamicOptions | Promise<GracefulShutdownDynamicOptions>;
}

const exported = [
  DRAIN,
  SHUTDOWN,
  FAREWELL,
  HEARTBEATS,
  MANAGEMENT_ROUTES,
  ShutdownService,
  StreamAdmission,
  LivenessIndicator,
  ReadinessIndicator,
] as const;

/** As the application gave them. */
const GIVEN_OPTIONS = Symbol.for('nestjs-drain.GivenOptions');
/** Checked. */
const OPTIONS = Symbol.for('nestjs-drain.Options');

const statics: StaticOptions = {};
const { ConfigurableModuleClass } = new ConfigurableModuleBuilder<GracefulShutdownDynamicOptions>({
  optionsInjectionToken: GIVEN_OPTIONS,
})
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createGracefulShutdownOptions')
  .setExtras(statics, assemble)
  .build();

/** `useFactory`, `useClass` or `useExisting`, and what no factory can decide. */
export type GracefulShutdownAsyncOptions = ConfigurableModuleAsyncOptions<
  GracefulShutdownDynamicOptions,
  'createGracefulShutdownOptions'
> &
  StaticOptions;

/**
 * Drains the application before it goes away: import it once, in the root module.
 * The options are checked at start; impossible ones throw an InvalidDrainOptionsError with the remedy.
 */
@Module({ providers: [requireForRoot('GracefulShutdownModule')] })
export class GracefulShutdownModule extends ConfigurableModuleClass implements NestModule {
  constructor(@Optional() private readonly front?: ManagementFront) {
    super();
  }

  configure(consumer: MiddlewareConsumer): void {
    this.front?.configure(consumer);
  }

  static override forRoot(given: GracefulShutdownOptions = {}): DynamicModule {
    if (Object.prototype.toString.call(given) !== '[object Object]') {
      throw new InvalidDrainOptionsError(optionProblems(given, optionChecks));
    }
    const { isGlobal, ...options } = given;
    const statics = isGlobal === undefined ? {} : { isGlobal };
    return super.forRootAsync({ ...statics, useFactory: () => options });
  }

  static override forRootAsync(options: GracefulShutdownAsyncOptions): DynamicModule {
    requireFactory('GracefulShutdownModule', options);
    return super.forRootAsync(options);
  }
}

function assemble(definition: DynamicModule, { isGlobal = true }: StaticOptions): DynamicModule {
  return {
    ...definition,
    global: isGlobal,
    imports: [...(definition.imports ?? []), AfterNestModule, DiscoveryModule],
    providers: [
      ...(definition.providers ?? []),
      checkedOptions(flag('isGlobal', isGlobal)),
      ...derivedProviders,
      ...providers,
      forRootDone,
    ],
    exports: [...exported],
  };
}

const tooLate: OptionCheck = (name) => [
  `\`${name}\` comes from the factory, but Nest has to know it before it runs one; set it beside ` +
    '`useFactory`, as in `forRootAsync({ isGlobal: false, useFactory })`.',
];

const optionChecks: OptionChecks = {
  ...moduleOptionChecks,
  farewell: farewellCheck,
  heartbeat: heartbeatCheck,
  isGlobal: tooLate,
  health: unlessFalse(object(healthChecks)),
  control: unlessFalse(controlCheck),
};

/** All problems at once, with those of what no factory decides. */
function checkedOptions(problems: readonly string[]): Provider {
  return {
    provide: OPTIONS,
    inject: [{ token: GIVEN_OPTIONS, optional: true }],
    useFactory: (options: GracefulShutdownDynamicOptions | undefined) => {
      if (options === undefined || options === null) {
        throw new InvalidDrainOptionsError([
          `The factory of forRootAsync() returned ${String(options)}; return the options, or {} for the defaults.`,
        ]);
      }
      const all = [...problems, ...optionProblems(options, optionChecks)];
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
    useFactory: (modules: ModulesContainer, options: GracefulShutdownDynamicOptions) =>
      applicationDrain(modules, processPart(options)),
  },
  {
    provide: PROCESS_OPTIONS,
    inject: [OPTIONS],
    useFactory: (options: GracefulShutdownDynamicOptions) =>
      separateOptions(processPart(options)).process,
  },
  {
    provide: FAREWELL,
    inject: [OPTIONS],
    useFactory: ({ farewell }: GracefulShutdownDynamicOptions) => farewell,
  },
  {
    provide: HEARTBEATS,
    inject: [DRAIN, OPTIONS],
    useFactory: ({ clock }: Drain, { heartbeat }: GracefulShutdownDynamicOptions) =>
      new Heartbeats(clock, heartbeat),
  },
  {
    provide: CONTROL_OPTIONS,
    inject: [OPTIONS],
    useFactory: ({ control }: GracefulShutdownDynamicOptions) => control ?? {},
  },
  {
    provide: HEALTH_OPTIONS,
    inject: [OPTIONS],
    useFactory: ({ health }: GracefulShutdownDynamicOptions) => health ?? {},
  },
  {
    provide: MANAGEMENT_ROUTES,
    inject: [DRAIN],
    useFactory: ({ requests }: Drain) => new ManagementRoutes(requests),
  },
];

function processPart({
  control: _control,
  farewell: _farewell,
  health: _health,
  heartbeat: _heartbeat,
  ...options
}: GracefulShutdownDynamicOptions): ModuleOptions {
  return options;
}

const providers: Provider[] = [
  ShutdownService,
  Hooks,
  ShutdownSequence,
  { provide: SHUTDOWN, useExisting: ShutdownSequence },
  BeforeNest,
  UnrunHooks,
  ApplicationSignals,
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
  HttpServers,
  StreamAdmission,
  DrainableTaskPlaces,
  ParameterPlaces,
  DrainableRoutes,
];
