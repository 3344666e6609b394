import { flag, list, text, wholeNumber, type OptionChecks } from '../core/option-checks.js';

/** Where the shutdown routes are, and who may call them. */
export interface ControlOptions {
  /** Default `shutdown`, for `/shutdown/wait` and its siblings. */
  path?: string;
  /** Whether `POST /shutdown/reset` exists. Default false. */
  reset?: boolean;
  /**
   * A port of its own for probes, shutdown routes and metrics, in plain HTTP/1.1. They vanish (404)
   * from the traffic port, and of the application only controllers with `@Management()` answer here.
   * It stays open until the process exits. 0 takes a free one. Default: none, they stand before the
   * application's routes.
   */
  port?: number;
  /**
   * The address that `port` listens on. Default: all addresses, as with `app.listen()`, because the
   * kubelet calls the pod's own.
   */
  host?: string;
  /**
   * The peers that may call, as CIDR blocks, and `unix` for a caller on a Unix socket. They may also
   * change something. Default: loopback and private addresses (RFC 1918, 4193, 6598, link-local) may
   * look, the kubelet among them may `wait`, and only loopback may change something.
   */
  allow?: readonly string[];
  /** If set, every call must carry it as a bearer token. Default: none needed. */
  token?: string;
}

export const controlChecks: OptionChecks = {
  path: text,
  reset: flag,
  port: wholeNumber(0, 65_535, 'port'),
  host: text,
  allow: list(text),
  token: text,
};

/** `false` where the shutdown routes are left out; their access still holds for the management port. */
export const CONTROL_OPTIONS = Symbol.for('nestjs-drain.ControlOptions');
