import { spawn, type ChildProcess } from 'node:child_process';
import { type Clock } from '../clock.js';
import { type Journal } from '../journal.js';
import { type StopSignal } from '../platform/platforms.js';
import { UsageError } from '../usage-error.js';
import { killGroup, leadGroup } from '../children/process-group.js';
import { hookRunner, type HookRunner } from './hook.js';
import { type Container } from './kubelet.js';
import { type PodPlan } from './pod-plan.js';
import { type ProbeTarget } from './probe-target.js';
import { probeOnce } from './probe.js';
import { fillPorts, type Ports } from './template.js';

const startupPoll = 100;
const outputLines = 20;

/** One running replica of the user's command. */
export class Replica implements Container {
  readonly exited: Promise<string>;
  readonly preStop?: (signal: AbortSignal) => Promise<string>;
  readonly #child: ChildProcess;
  readonly #target: ProbeTarget;
  readonly #gone = new AbortController();
  readonly #hook: HookRunner | undefined;
  #output: string[] = [];

  constructor(
    readonly name: string,
    private readonly plan: PodPlan,
    readonly ports: Ports,
    private readonly clock: Clock,
    private readonly journal: Journal,
    private readonly print: (pod: string, line: string) => void,
  ) {
    this.#target = { ports, environment: environment(plan, ports), directory: plan.directory };
    this.#child = this.#start();
    this.exited = this.#watchExit();
    if (plan.preStop) {
      const hook = (this.#hook = hookRunner(plan.preStop, this.#target, clock));
      this.preStop = (signal) => hook.run(signal);
    }
    journal.write(name, 'started');
  }

  /** The port that the balancer sends connections to. */
  get port(): number {
    return this.ports.get('') ?? 0;
  }

  /**
   * Resolves when readiness answers for the first time.
   * @throws UsageError when the command ends or is not ready in time; the message holds its last output.
   */
  async ready(signal: AbortSignal): Promise<void> {
    const { readiness, startupTimeout } = this.plan;
    const deadline = this.clock.now() + startupTimeout;
    while (!(await probeOnce(readiness, this.#target))) {
      if (signal.aborted) return;
      if (this.#gone.signal.aborted) throw this.#failure(`ended (${await this.exited})`);
      if (this.clock.now() > deadline) {
        throw this.#failure(`was not ready within ${startupTimeout / 1000} s`);
      }
      await this.clock.sleep(startupPoll, AbortSignal.any([this.#gone.signal, signal]));
    }
    this.journal.write(this.name, 'ready');
  }

  /** Probes readiness every period until the process is gone, telling every change. */
  async watchReadiness(changed: (ready: boolean) => void): Promise<void> {
    const { readiness } = this.plan;
    let ready = true;
    let failures = 0;
    for (;;) {
      await this.clock.sleep(readiness.period, this.#gone.signal);
      if (this.#gone.signal.aborted) return;
      const passed = await probeOnce(readiness, this.#target);
      if (this.#gone.signal.aborted) return;
      failures = passed ? 0 : failures + 1;
      if (ready !== passed && (passed || failures >= readiness.failureThreshold)) {
        ready = passed;
        this.journal.write(this.name, ready ? 'ready' : 'notReady');
        changed(ready);
      }
    }
  }

  /** The signal to the main process alone, as a container's PID 1 gets it. */
  terminate(signal: StopSignal): void {
    this.#child.kill(signal);
  }

  /** SIGKILL to the main process and its children. */
  kill(): void {
    killGroup(this.#child.pid);
  }

  #start(): ChildProcess {
    const [program = '', ...values] = this.plan.command.map((part) => fillPorts(part, this.ports));
    const child = spawn(program, values, {
      cwd: this.plan.directory,
      env: this.#target.environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      // Its own process group: Ctrl-C in the terminal reaches it through the rehearsal only.
      detached: true,
    });
    leadGroup(child);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => this.#hear(text));
    }
    return child;
  }

  #hear(text: string): void {
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    this.#output = [...this.#output, ...lines].slice(-outputLines);
    for (const line of lines) this.print(this.name, line);
  }

  #watchExit(): Promise<string> {
    return new Promise((resolve) => {
      const gone = (how: string) => {
        if (this.#gone.signal.aborted) return;
        this.#gone.abort();
        this.#hook?.close();
        this.kill();
        this.journal.write(this.name, 'exited', how);
        resolve(how);
      };
      this.#child.once('error', (error) => gone(error.message));
      this.#child.once('exit', (code, signal) => gone(signal ?? `exit code ${code}`));
    });
  }

  #failure(what: string): UsageError {
    const { command } = this.plan;
    const output = this.#output.length === 0 ? '(none)' : this.#output.join('\n  ');
    return new UsageError(
      `${this.name} (${command.join(' ')}) ${what}. It must listen on the port in ${this.plan.portVariable} ` +
        `(--port-env) or {port}, and answer its readiness probe (--readiness). Its last output:\n  ${output}`,
    );
  }
}

function environment(plan: PodPlan, ports: Ports): NodeJS.ProcessEnv {
  const own = Object.entries(plan.environment).map(
    ([name, value]) => [name, fillPorts(value, ports)] as const,
  );
  return {
    ...process.env,
    ...Object.fromEntries(own),
    [plan.portVariable]: String(ports.get('') ?? 0),
  };
}
