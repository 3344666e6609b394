import { newIncarnation } from '../identifier.js';
import { StoreMark } from '../store-mark.js';
import type { ScriptRunner } from './script-runner.js';

export class ServerIncarnation extends StoreMark {
  constructor(scripts: ScriptRunner, key: string) {
    super(async () => {
      const [, present] = await Promise.all([
        scripts.command(key, ['SET', key, newIncarnation(), 'NX']),
        scripts.command(key, ['GET', key]),
      ]);
      return String(present);
    });
  }
}
