/** What a real cluster did at a deletion. Durations in milliseconds. */
export interface Profile {
  /** From the deletion to the removal of the endpoint from every proxy. The hook is always sent first. */
  readonly propagation: number;
  /** The measurement, for people. */
  readonly measured: string;
}

/**
 * Measured with a kubelet and kube-proxy in iptables mode, 1.34 and 1.36: new connections reached a deleted pod
 * for so long.
 */
export const profiles = {
  'rolling-update': {
    propagation: 900,
    measured: 'rolling updates of a Deployment: 0.2 to 0.9 s, the hook first',
  },
  'single-delete': {
    propagation: 100,
    measured: 'one pod deleted on a quiet node: 60 to 100 ms, the hook first',
  },
} as const satisfies Record<string, Profile>;

export type ProfileName = keyof typeof profiles;

export const profileNames = Object.keys(profiles) as ProfileName[];
