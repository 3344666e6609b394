/**
 * Where adapters find the application's Drain. Global, so that the ESM and CJS builds meet. Where the module is
 * missing, Nest's error shows the name: so it says what to import.
 */
export const DRAIN = Symbol.for('nestjs-drain.Drain: import GracefulShutdownModule.forRoot()');

/** Where adapters find how the application goes away: a `Shutdown`. */
export const SHUTDOWN = Symbol.for('nestjs-drain.Shutdown');

/** Where adapters find what makes streams resumable: a `Resumption`, if there is one. */
export const RESUMPTION = Symbol.for('nestjs-drain.Resumption');

/** Where the module's farewell is found; undefined means the default one. */
export const FAREWELL = Symbol.for('nestjs-drain.Farewell');

/** Where the heartbeats of event streams are found, with the module's interval. */
export const HEARTBEATS = Symbol.for('nestjs-drain.Heartbeats');

/** Metadata key of `@DrainableStream()`. */
export const DRAINABLE_STREAM = Symbol.for('nestjs-drain.DrainableStream');
/** Metadata of controllers that answer on the management port, where there is one. */
export const MANAGEMENT = Symbol.for('nestjs-drain.Management');
/** Marks the class of the guard of `@DrainableStream()`. */
export const ADMISSION_GUARD = Symbol.for('nestjs-drain.AdmissionGuard');
/** Where adapters add routes of the library's own, which stand before the application. */
export const MANAGEMENT_ROUTES = Symbol.for('nestjs-drain.ManagementRoutes');
