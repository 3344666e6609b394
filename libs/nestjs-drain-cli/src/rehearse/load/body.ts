import { type IncomingMessage } from 'node:http';

/** How a body outside SSE is framed, as far as its head says. */
export type BodyKind = 'json' | 'lines' | 'html' | 'text';

/** What a body that ended cleanly says about its own end. */
export type BodyEnd =
  | { readonly whole: string }
  | { readonly broken: string }
  /** HTTP framed a clean end; whether the service wrote all of it, nothing tells. */
  | { readonly unknown: true };

/** One body outside SSE: its lines, and whether its own framing proves that it is whole. */
export class Body {
  readonly #kind: BodyKind;
  readonly #declared: boolean;
  #all = '';
  #rest = '';
  /** The last characters, for the end of a page. */
  #tail = '';

  constructor({ headers, statusCode }: IncomingMessage) {
    this.#kind = kindOf(headers['content-type'] ?? '');
    this.#declared = headers['content-length'] !== undefined || statusCode === 204;
  }

  /** The whole lines that this text ends; a JSON body is one piece and comes at its end. */
  read(text: string): string[] {
    if (this.#kind === 'json') {
      this.#all += text;
      return [];
    }
    this.#tail = (this.#tail + text).slice(-tailLength);
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    return lines.filter((line) => line.trim() !== '');
  }

  /** What is left when the body ended. */
  rest(): string[] {
    if (this.#kind !== 'json') return this.#rest.trim() === '' ? [] : [this.#rest];
    if (parses(this.#all)) return [this.#all];
    return this.#all.split('\n').filter((line) => line.trim() !== '');
  }

  /** The verdict of the framing on a body that ended cleanly. */
  end(): BodyEnd {
    if (this.#kind === 'json') {
      if (parses(this.#all)) return { whole: 'end of the JSON' };
      const pieces = this.rest();
      return pieces.length > 1 && pieces.every(parses) ? { unknown: true } : broken;
    }
    if (this.#kind === 'lines') return this.rest().every(parses) ? { unknown: true } : broken;
    if (this.#declared) return { whole: 'end of the declared length' };
    return this.#kind === 'html' && /<\/html>\s*$/i.test(this.#tail)
      ? { whole: 'end of the page' }
      : { unknown: true };
  }
}

const tailLength = 64;
const broken = { broken: 'in the middle of the JSON' };

function kindOf(type: string): BodyKind {
  if (/ndjson|jsonl|json-lines|jsonlines|json-seq|stream\+json/i.test(type)) return 'lines';
  if (/[/+]json\b/i.test(type)) return 'json';
  return /^text\/html/i.test(type) ? 'html' : 'text';
}

function parses(text: string): boolean {
  try {
    // A record separator begins each line of application/json-seq.
    JSON.parse(text.startsWith('\u001e') ? text.slice(1) : text);
    return true;
  } catch {
    return false;
  }
}
