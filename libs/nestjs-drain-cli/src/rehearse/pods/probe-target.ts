import { type Ports } from './template.js';

export interface ProbeTarget {
  readonly ports: Ports;
  readonly environment: NodeJS.ProcessEnv;
  readonly directory: string;
}
