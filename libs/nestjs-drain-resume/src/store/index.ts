export { absence, newIncarnation, newStreamId } from '../identifier.js';
export {
  LeaseKeeper,
  type KeptLease,
  type LeaseKeeperOptions,
  type LeaseListener,
} from '../lease-keeper.js';
export type * from '../store.js';
export { tailByReading, type TailSource } from '../tail.js';
