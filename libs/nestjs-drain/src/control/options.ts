/** The shutdown routes. */
export interface ControlRoutes {
  /** Default `shutdown`, for `/shutdown/wait` and its siblings. */
  path?: string;
  /** Whether `POST /shutdown/reset` exists. Default false. */
  reset?: boolean;
}

/** Who may call the shutdown routes. */
export interface ControlAccess {
  /**
   * The peers that may call, as CIDR blocks. Default: loopback and private addresses (RFC 1918, 4193,
   * 6598, link-local), because the kubelet calls from the node's bridge address.
   */
  allow?: readonly string[];
  /** If set, every call must carry it as a bearer token as well. Default: none needed. */
  token?: string;
}

export const CONTROL_ACCESS = Symbol.for('nestjs-drain.ControlAccess');
