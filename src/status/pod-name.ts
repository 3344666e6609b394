import { hostname } from 'node:os';

/** The name of this replica: that of its pod, which Kubernetes gives to the container as HOSTNAME. */
export const podName = process.env.HOSTNAME || hostname();
