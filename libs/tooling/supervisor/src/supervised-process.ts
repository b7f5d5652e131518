import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, fstatSync, openSync } from 'node:fs';
import { becomeNice } from './niceness';
import type { Environment, ProcessPlan } from './plan';
import { whenReady } from './readiness';
import { tailOf } from './log-tail';

/** `failed` is final: the process died too often in a row and is left alone. */
export type ProcessState = 'starting' | 'ready' | 'waiting to restart' | 'stopped' | 'failed';

export interface Surroundings {
  readonly root: string;
  /** What every process gets besides its own plan. */
  readonly env: Environment;
  readonly logFileOf: (name: string) => string;
  /** Takes one line for the person at the terminal. */
  readonly report: (line: string) => void;
  /** Called after every change of state or process id. */
  readonly onChange: () => void;
}

const QUICK_CRASH_MS = 10_000; // a process that lived longer than this was healthy: the count of crashes starts anew
const MOST_QUICK_CRASHES = 5;
const FIRST_BACKOFF_MS = 250;
const LONGEST_BACKOFF_MS = 5_000;
/** A service gives itself 25 s to finish what it has in hand, and then ends by itself. */
const STOP_GRACE_MS = 30_000;
const MOST_CRASHES_BEFORE_READY = 2; // what cannot start at all has wrong settings or a bug: waiting helps nobody
const TAIL_LINES = 15;
/** Room for young objects: V8's own 16 MB would cost each of ten processes 20 MB more after its start. */
const MOST_SEMI_SPACE_MB = 2;
const MOST_SEMI_SPACE_MB_OF_ALL = 8; // one process for all services makes as many young objects as ten

/** One process of the shop: kept alive with a growing pause between crashes until it is told to stop. */
export class SupervisedProcess {
  state: ProcessState = 'stopped';
  restarts = 0;
  private child: ChildProcess | undefined;
  private wanted = false;
  private quickCrashes = 0;
  /** The child that was killed on purpose. */
  private killed: ChildProcess | undefined;
  private wasReady = false;
  private logFile = '';
  private logBytesBefore = 0;
  private restartTimer: NodeJS.Timeout | undefined;
  private exited: Promise<void> = Promise.resolve();

  constructor(
    public plan: ProcessPlan,
    private readonly surroundings: Surroundings,
  ) {}

  get pid(): number | undefined {
    return this.child?.pid;
  }

  start(): void {
    if (this.wanted) return;
    this.wanted = true;
    this.quickCrashes = 0;
    this.spawn();
  }

  /** Resolves when the process has ended: asked by SIGTERM, after thirty seconds by SIGKILL. */
  async stop(): Promise<void> {
    this.wanted = false;
    clearTimeout(this.restartTimer);
    this.child?.kill('SIGTERM');
    const tooLong = setTimeout(() => this.child?.kill('SIGKILL'), STOP_GRACE_MS);
    await this.exited;
    clearTimeout(tooLong);
    this.become('stopped');
  }

  async restart(plan: ProcessPlan = this.plan): Promise<void> {
    await this.stop();
    this.plan = plan;
    this.start();
  }

  /**
   * Ends it without a chance to tidy up. As a crash it is followed by a restart, but it does not count against the
   * process, nor does it make up for crashes of its own.
   */
  kill(): void {
    this.killed = this.child;
    this.child?.kill('SIGKILL');
  }

  /** The last lines of its last run, to explain a failure. */
  private lastLines(): string {
    return tailOf(this.logFile, { lines: TAIL_LINES, from: this.logBytesBefore });
  }

  private spawn(): void {
    const { root, env, logFileOf } = this.surroundings;
    this.logFile = logFileOf(this.plan.name);
    const log = openSync(this.logFile, 'a');
    this.logBytesBefore = fstatSync(log).size;
    const startedAt = Date.now();
    const child = spawn(process.execPath, this.arguments(), {
      cwd: root,
      env: { ...env, ...this.plan.env, STAMPEDE_PARENT_PIPE: '1' },
      stdio: ['pipe', log, log], // the pipe carries nothing: its end tells the child that the runner is gone
      detached: true, // out of the terminal's process group: Ctrl-C reaches the runner alone
    });
    closeSync(log);
    becomeNice(child.pid, this.plan.service);
    child.stdin?.on('error', () => undefined); // the child may die first, nothing is ever written
    this.child = child;
    this.become('starting');
    const gone = new AbortController();
    this.exited = new Promise((resolve) => {
      const ended = (how: string) => {
        gone.abort();
        this.child = undefined;
        if (this.wanted) this.afterEnd(how, { livedMs: Date.now() - startedAt, wasKilled: this.killed === child });
        resolve();
      };
      child.once('error', (error) => child.pid === undefined && ended(error.message));
      child.once('exit', (code, signal) => ended(signal === null ? `exit code ${code}` : signal));
    });
    void whenReady(this.plan.adminUrls, gone.signal).then((ready) => {
      if (!ready) return;
      this.wasReady = true;
      this.become('ready');
    });
  }

  private arguments(): string[] {
    const { scripts, nodeArguments = [] } = this.plan;
    const entry = scripts.length === 1 ? scripts : [require.resolve('./one-process'), ...scripts];
    const semiSpaceMb = scripts.length === 1 ? MOST_SEMI_SPACE_MB : MOST_SEMI_SPACE_MB_OF_ALL;
    const heap = [`--max-semi-space-size=${semiSpaceMb}`, '--require', require.resolve('./small-heap')];
    return [...heap, ...nodeArguments, ...entry];
  }

  private afterEnd(how: string, { livedMs, wasKilled }: { livedMs: number; wasKilled: boolean }): void {
    const { name } = this.plan;
    if (!wasKilled) this.quickCrashes = livedMs < QUICK_CRASH_MS ? this.quickCrashes + 1 : 1;
    else if (livedMs >= QUICK_CRASH_MS) this.quickCrashes = 0;
    if (this.quickCrashes >= (this.wasReady ? MOST_QUICK_CRASHES : MOST_CRASHES_BEFORE_READY)) {
      this.wanted = false;
      const times = `${this.quickCrashes} times in a row`;
      this.surroundings.report(`${name} ended (${how}), ${times}: giving up. The end of its log:\n${this.lastLines()}`);
      this.become('failed');
      return;
    }
    const pauseMs = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.max(0, this.quickCrashes - 1));
    this.surroundings.report(`${name} ended (${how}): starting it again in ${pauseMs / 1000} s`);
    this.restarts += 1;
    this.restartTimer = setTimeout(() => this.spawn(), pauseMs);
    this.become('waiting to restart');
  }

  private become(state: ProcessState): void {
    this.state = state;
    this.surroundings.onChange();
  }
}
