import { type Field } from '../../input/field.js';
import { type Resource } from '../../input/resource.js';
import { type Server } from '../../model/manifests.js';
import { type Edit, type Judgement, knowing } from '../../rule.js';

/** A time on the way to the pod after which a hop cuts what is open. */
export interface Bound {
  readonly resource: Resource;
  readonly field: Field;
  /** What the hop calls it. */
  readonly name: string;
  /** The time that counts now; undefined: no bound. */
  readonly seconds: number | undefined;
  /** Does it count only the time in which nothing is sent? */
  readonly isOfSilence?: boolean;
  /** Is that the hop's default? */
  readonly isDefault: boolean;
  /** The servers behind it. */
  readonly servers: readonly Server[];
  /** The value to write for so many seconds, in the hop's own unit; default: a text of seconds. */
  readonly write?: (seconds: number) => unknown;
}

/** The bounds that are shorter than a stream may last; where that is not declared, it is not known. */
export function* tooShort(bounds: Iterable<Bound>): Iterable<Judgement> {
  for (const bound of bounds) {
    if (bound.seconds === undefined) continue;
    const actual = bound.seconds;
    for (const server of worst(bound.servers)) {
      yield* knowing(server, ['timeout'], function* ({ timeout }) {
        if (actual >= timeout.seconds) return;
        yield {
          resource: bound.resource,
          field: bound.field,
          message: messageOf(bound, actual, timeout.seconds),
          edits: [editOf(bound, timeout.seconds)],
        };
      });
    }
  }
}

function messageOf(
  { name, isDefault, isOfSilence }: Bound,
  actual: number,
  longest: number,
): string {
  const known = `${name} is ${actual} s${isDefault ? ' (the default)' : ''}; streams may last ${longest} s.`;
  if (!isOfSilence) return known;
  return `${known} It counts silence only: a \`heartbeat\` below it, in GracefulShutdownModule.forRoot(), keeps silent event streams open too.`;
}

function editOf({ field, write = String }: Bound, seconds: number): Edit {
  return { field, value: write(Math.ceil(seconds)) };
}

/** One finding for a bound: by the server whose streams last longest, or the first that is unknown. */
function worst(servers: readonly Server[]): readonly Server[] {
  const timeout = ({ container }: Server) => container.settings.get('timeout')?.seconds;
  const unknown = servers.find((each) => timeout(each) === undefined);
  const [longest] = [...servers].sort((one, other) => (timeout(other) ?? 0) - (timeout(one) ?? 0));
  return [unknown ?? longest].flatMap((each) => each ?? []);
}
