import { flag, list, text, wholeNumber, type OptionChecks } from '../core/option-checks.js';

/** The shutdown routes. */
export interface ControlRoutes {
  /** Default `shutdown`, for `/shutdown/wait` and its siblings. */
  path?: string;
  /** Whether `POST /shutdown/reset` exists. Default false. */
  reset?: boolean;
}

export const controlRouteChecks: OptionChecks = { path: text, reset: flag };

/** Who may call the shutdown routes, and where. */
export interface ControlAccess {
  /**
   * A port of its own for probes, shutdown routes and metrics, in plain HTTP/1.1. They vanish (404)
   * from the traffic port, and nothing else answers here. It stays open until the process exits.
   * 0 takes a free one. Default: none, they stand beside the application's routes.
   */
  port?: number;
  /**
   * The address that `port` listens on. Default: all addresses, as with `app.listen()`, because the
   * kubelet calls the pod's own.
   */
  host?: string;
  /**
   * The peers that may call, as CIDR blocks. Default: loopback and private addresses (RFC 1918, 4193,
   * 6598, link-local), because the kubelet calls from the node's bridge address.
   */
  allow?: readonly string[];
  /** If set, every call must carry it as a bearer token as well. Default: none needed. */
  token?: string;
}

export const controlAccessChecks: OptionChecks = {
  port: wholeNumber(0, 65_535, 'port'),
  host: text,
  allow: list(text),
  token: text,
};

export const CONTROL_ACCESS = Symbol.for('nestjs-drain.ControlAccess');
