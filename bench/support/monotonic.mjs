/** ms of the machine's monotonic clock, which all of its processes share. */
export const now = () => Number(process.hrtime.bigint()) / 1e6;
