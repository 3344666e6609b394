import { type Field } from '../input/field.js';
import { isTypingError } from './closest.js';
import { seconds } from './duration.js';

const waitPath = '/shutdown/wait';

/** What the kubelet does before SIGTERM. */
export class PreStop {
  constructor(readonly field: Field) {}

  get exists(): boolean {
    return this.field.exists;
  }

  get http(): Field | undefined {
    const http = this.field.at('httpGet');
    return http.exists ? http : undefined;
  }

  /** The path of an httpGet hook; the kubelet's default is `/`. */
  get path(): string | undefined {
    return this.http && (this.http.at('path').text ?? '/');
  }

  /** The command of an exec hook, word by word; empty for other hooks. */
  get command(): string[] {
    return this.field.at('exec', 'command').items.map((word) => word.text ?? '');
  }

  /** The command line that an exec hook runs, without the shell around it. */
  get script(): string {
    return this.command
      .join(' ')
      .replace(/^(\/usr)?(\/bin\/)?(ba|da|a)?sh\s+-\w*c\s+/, '')
      .trim();
  }

  /** Seconds the hook sleeps, by the sleep action or by `sleep` commands. */
  get sleep(): number {
    const action = this.field.at('sleep', 'seconds').number ?? 0;
    const commands = this.command.join(' ').matchAll(/\bsleep\s+(\d+(?:\.\d+)?[smhd]?)\b/g);
    return [...commands].reduce((sum, [, time]) => sum + (seconds(time) ?? 0), action);
  }

  /** Does the hook call the drain's own endpoints, or run the library's own hook program? */
  get drains(): boolean {
    const called = this.path ?? this.command.join(' ');
    return /\/shutdown\/(wait|initiate)\b|nestjs-drain\/pre-stop\.js/.test(called);
  }

  /** The path that was meant, where the hook's is that of the library's hook but for a typing error. */
  get meantPath(): string | undefined {
    const [, base = '', called] = /^(.*)(\/[^/]+\/[^/]+)$/.exec(this.path ?? '') ?? [];
    if (called === undefined || this.drains || !isTypingError(called, waitPath)) return undefined;
    return `${base}${waitPath}`;
  }

  /** Is sleeping all that the hook does? */
  get onlySleeps(): boolean {
    if (this.field.at('sleep').exists) return true;
    return /^(\/bin\/)?sleep\s+\d+(\.\d+)?[smhd]?;?$/.test(this.script);
  }
}
