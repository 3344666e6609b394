export { type ResumeStoreContractOptions, type ResumeStoreHarness } from './contract-bench.js';
export { ManualClock } from './manual-clock.js';
export { resumeStoreContract, type ContractCheck } from './resume-store-contract.js';
