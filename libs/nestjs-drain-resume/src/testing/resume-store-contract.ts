import {
  ContractBench,
  type ContractLaw,
  type ResumeStoreContractOptions,
} from './contract-bench.js';
import { lifeLaws, lossLaws, principalLaws, sizeLaws } from './contract-life.js';
import { logLaws } from './contract-log.js';
import { ownershipLaws } from './contract-ownership.js';

/** One law of the contract, as a test of its own. */
export interface ContractCheck {
  readonly name: string;
  /** Opens a harness, checks the law and closes the harness. Throws an `AssertionError` if it is broken. */
  run(): Promise<void>;
}

/**
 * What every `ResumeStore` has to do, as named checks for any test runner:
 * `for (const check of resumeStoreContract(options)) test(check.name, () => check.run())`.
 */
export function resumeStoreContract(options: ResumeStoreContractOptions): readonly ContractCheck[] {
  const { lease = 10, maxStreamBytes, maxStreamsPerPrincipal, loses = false } = options;
  const ttl = options.ttl ?? lease * 6;
  const laws: Record<string, ContractLaw> = {
    ...logLaws,
    ...ownershipLaws,
    ...lifeLaws,
    ...(loses ? lossLaws : {}),
    ...(maxStreamBytes === undefined ? {} : sizeLaws(maxStreamBytes)),
    ...(maxStreamsPerPrincipal === undefined ? {} : principalLaws(maxStreamsPerPrincipal)),
  };
  return Object.entries(laws).map(([name, law]) => ({
    name,
    run: async () => {
      const harness = await options.open();
      try {
        await law(new ContractBench(harness, lease, ttl));
      } finally {
        await harness.close?.();
      }
    },
  }));
}
