import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isThere } from './pinning.mjs';
import { steadyHeap } from './steady-heap.mjs';

/** Whether the machine has Valgrind, whose callgrind counts instructions on any processor and under any load. */
export const canCount = isThere('valgrind') && isThere('callgrind_control');

const simulation = [
  ...['--cache-sim=yes', '--branch-sim=yes'],
  ...['--I1=32768,8,64', '--D1=32768,8,64', '--LL=1048576,16,64'],
];

/** Counts the instructions that one process executes in user space. */
export class InstructionCounter {
  #files;
  #simulation = [];

  /** @param how `caches`: whether caches and branches are simulated besides, which takes twice as long */
  static async create({ caches = false } = {}) {
    const counter = new InstructionCounter();
    if (caches) counter.#simulation = simulation;
    counter.#files = await mkdtemp(join(tmpdir(), 'nestjs-drain-bench-'));
    return counter;
  }

  /**
   * What the process is started by. It counts nothing until it is told to. One thread, and one seed of all that V8
   * draws, so that the same requests cost the same instructions.
   */
  command(seed) {
    return {
      execPath: 'valgrind',
      execArgv: [
        ...['--tool=callgrind', '--quiet', '--smc-check=all-non-file', '--instr-atstart=no'],
        ...this.#simulation,
        ...[`--callgrind-out-file=${join(this.#files, '%p')}`, '--log-file=/dev/null'],
        this.#pipes,
        ...[process.execPath, '--single-threaded', `--hash-seed=${seed}`, `--random-seed=${seed}`],
        ...steadyHeap,
      ],
    };
  }

  start(id) {
    this.#control('--instr=on', id);
  }

  /** @returns what was counted until `work` was done, by callgrind's names for it: instructions are `Ir` */
  async count(id, work) {
    this.#control('--zero', id);
    await work();
    this.#control('--dump', id);
    const names = await readdir(this.#files);
    const [dump] = names.filter((name) => name.startsWith(`${id}.`));
    const text = await readFile(join(this.#files, dump), 'utf8');
    await rm(join(this.#files, dump));
    const [counted, totals] = ['events', 'totals'].map((line) => wordsBehind(line, text));
    return Object.fromEntries(counted.map((name, index) => [name, Number(totals[index])]));
  }

  /** By which it is told to: with the files, because Valgrind leaves its pipes behind where it is killed. */
  get #pipes() {
    return `--vgdb-prefix=${join(this.#files, 'pipe')}`;
  }

  #control(command, id) {
    execFileSync('callgrind_control', [this.#pipes, command, String(id)], { stdio: 'ignore' });
  }

  async remove() {
    await rm(this.#files, { recursive: true, force: true });
  }
}

const wordsBehind = (name, text) => new RegExp(`^${name}: (.*)`, 'm').exec(text)[1].split(' ');
