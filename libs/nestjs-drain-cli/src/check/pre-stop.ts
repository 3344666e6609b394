import { type Field } from './field.js';
import { seconds } from './duration.js';

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

  /** Seconds the hook sleeps, by the sleep action or by `sleep` commands. */
  get sleep(): number {
    const action = this.field.at('sleep', 'seconds').number ?? 0;
    const commands = this.command.join(' ').matchAll(/\bsleep\s+(\d+(?:\.\d+)?[smhd]?)\b/g);
    return [...commands].reduce((sum, [, time]) => sum + (seconds(time) ?? 0), action);
  }

  /** Does the hook call the drain's own endpoints? */
  get drains(): boolean {
    return /\/shutdown\/(wait|initiate)\b/.test(this.path ?? this.command.join(' '));
  }

  /** Is sleeping all that the hook does? */
  get onlySleeps(): boolean {
    if (this.field.at('sleep').exists) return true;
    const script = this.command.join(' ').replace(/^(\/bin\/)?(ba|da|a)?sh\s+-\w*c\s+/, '');
    return /^(\/bin\/)?sleep\s+\d+(\.\d+)?[smhd]?;?$/.test(script.trim());
  }
}
