import {
  filled,
  flag,
  optionProblems,
  routePath,
  text,
  wholeNumber,
  type OptionCheck,
  type OptionChecks,
} from '../core/option-checks.js';
import { peersCheck } from './peers.js';

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

/** What a header can carry. A file that holds a token often ends with a line break. */
const token: OptionCheck = (name, value) =>
  typeof value === 'string' && /^[\x21-\x7e]+$/.test(value)
    ? []
    : [
        ...text(name, value),
        ...(typeof value === 'string' && value.trim() !== ''
          ? [
              `\`${name}\` has a space, a line break or another character that no header carries; trim it.`,
            ]
          : []),
      ];

const namedPath: OptionCheck = (name, value) =>
  typeof value === 'string' && /^\/+$/.test(value)
    ? [`\`${name}\` is "${value}"; set a path with a name, such as "shutdown".`]
    : routePath(name, value);

const checks: OptionChecks = {
  path: namedPath,
  reset: flag,
  port: wholeNumber(0, 65_535, 'port'),
  host: text,
  allow: filled(
    peersCheck,
    'set the peers that may call, or `control: false` to have no shutdown routes',
  ),
  token,
};

export const controlCheck: OptionCheck = (name, value) => {
  const problems = optionProblems(value, checks, name);
  const { host, port } = Object(value) as ControlOptions;
  if (host !== undefined && port === undefined) {
    problems.push(
      `\`${name}.host\` is the address of \`${name}.port\`; set a port too, or leave it out.`,
    );
  }
  return problems;
};

/** `false` where the shutdown routes are left out; their access still holds for the management port. */
export const CONTROL_OPTIONS = Symbol.for('nestjs-drain.ControlOptions');
