import { planOf, rehearse, type RehearsalReport } from 'nestjs-drain-cli/rehearse';
import { propagation, type Scenario } from './scenario.js';
import { commandOf, type Variant } from './variant.js';

/** Rehearses one variant in one scenario, with the pod's hook replaced by `preStop` if given. */
export async function run(
  variant: Variant,
  { grace, streamLength, load }: Scenario,
  preStop = variant.pod.preStop,
): Promise<RehearsalReport> {
  const { readiness, env = [] } = variant.pod;
  const plan = await planOf(commandOf(variant), {
    ...load,
    ...(readiness === undefined ? {} : { readiness }),
    ...(preStop === undefined ? {} : { preStop }),
    replicas: 2,
    propagation,
    grace: `${grace}s`,
    streamLength: `${streamLength}ms`,
    warmup: '2s',
    env: [...env, `GRACE=${grace * 1000}`, `STREAM_LENGTH=${streamLength}`],
    timeLimit: '2m',
  });
  return rehearse(plan);
}
