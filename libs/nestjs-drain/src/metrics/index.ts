export { DrainMetricsModule, type DrainMetricsOptions } from './drain-metrics.module.js';
