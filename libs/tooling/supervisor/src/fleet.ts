import { once, EventEmitter } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import type { ProcessPlan } from './plan';
import { Refusal } from './refusal';
import type { ProcessStatus } from './status';
import { SupervisedProcess, type Surroundings } from './supervised-process';

/** The processes of one shop, by name. */
export class Fleet {
  private readonly processes = new Map<string, SupervisedProcess>();
  private readonly changes = new EventEmitter();

  /** `onChange` is called after every change of any process. */
  constructor(private readonly surroundings: Omit<Surroundings, 'onChange'>) {}

  onChange(listener: () => void): void {
    this.changes.on('change', listener);
  }

  /** @throws Refusal for a name that no process has */
  named(name: string): SupervisedProcess {
    const process = this.processes.get(name);
    if (process === undefined)
      throw new Refusal(`no process is called "${name}": there are ${[...this.processes.keys()].join(', ')}`);
    return process;
  }

  /**
   * Brings the processes to the plan: new ones start at once; then those whose environment changed (their peers'
   * addresses) restart one after another, each ready before the next; those no longer planned stop last.
   */
  async bringTo(plans: readonly ProcessPlan[], signal: AbortSignal): Promise<void> {
    const planned = new Set(plans.map((plan) => plan.name));
    const known = new Map(this.processes);
    for (const plan of plans) if (!known.has(plan.name)) this.add(plan);
    await this.whenReady(signal);
    for (const plan of plans) {
      const process = known.get(plan.name);
      if (process === undefined || isDeepStrictEqual(process.plan, plan)) continue;
      await process.restart(plan);
      await this.whenReady(signal);
    }
    for (const [name, process] of known) {
      if (planned.has(name)) continue;
      await process.stop();
      this.processes.delete(name);
    }
    this.changes.emit('change');
  }

  /**
   * Resolves when every wanted process is ready. @throws Refusal when one was given up; the signal's reason when it
   * aborts
   */
  async whenReady(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const processes = [...this.processes.values()].filter(({ state }) => state !== 'stopped');
      const failed = processes.find(({ state }) => state === 'failed');
      if (failed !== undefined) throw new Refusal(`${failed.plan.name} does not start, see above`);
      if (processes.every(({ state }) => state === 'ready')) return;
      await once(this.changes, 'change', { signal }).catch(() => signal.throwIfAborted()); // with its reason
    }
  }

  /** Those who call others first, each wave ended before the next one is asked. */
  async stop(): Promise<void> {
    const processes = [...this.processes.values()];
    const waves = [...new Set(processes.map(({ plan }) => plan.stopWave))].toSorted((a, b) => a - b);
    for (const wave of waves) {
      await Promise.all(processes.filter(({ plan }) => plan.stopWave === wave).map((process) => process.stop()));
    }
  }

  killAll(): void {
    for (const process of this.processes.values()) process.kill();
  }

  pids(): number[] {
    return [...this.processes.values()].flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
  }

  statuses(): ProcessStatus[] {
    return [...this.processes.values()].map(({ plan, pid, state, restarts }) => {
      const { name, service, replica, url, adminUrls } = plan;
      return { name, service, replica, pid: pid ?? null, state, restarts, url, adminUrls };
    });
  }

  private add(plan: ProcessPlan): void {
    const process = new SupervisedProcess(plan, { ...this.surroundings, onChange: () => this.changes.emit('change') });
    this.processes.set(plan.name, process);
    process.start();
  }
}
