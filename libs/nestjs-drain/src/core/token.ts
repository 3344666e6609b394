/** Where adapters find the application's Drain. Global, so that the ESM and CJS builds meet. */
export const DRAIN = Symbol.for('nestjs-drain.Drain');
