import type { MetricDefinition } from '../core/metric-definitions.js';

/** As exporters of OpenTelemetry translate the name, so that dashboards and alerts serve both. */
export function prometheusName(
  prefix: string,
  { name, unit }: MetricDefinition,
  type?: 'counter',
): string {
  return [prefix + name.replaceAll('.', '_'), unit && 'seconds', type && 'total']
    .filter((part) => part !== undefined)
    .join('_');
}
