export { EmbeddedBalancer, type Rotation } from './balancer/embedded-balancer.js';
export { rehearse, type Audience } from './rehearsal.js';
export { type RehearsalPlan } from './rehearsal-plan.js';
export { UsageError } from './usage-error.js';
export { passed, type JudgedStream, type RehearsalReport } from './verdict/report.js';
export { type Cause } from './verdict/cause.js';
export { fates, isLost, type Fate } from './verdict/fate.js';
export { planOf, type RehearsalOptions } from './options/rehearsal-options.js';
export { writeResults, type ResultFiles } from './results.js';
