import { existsSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isAlive } from '@stampede/db';
import { listenForOrders, type Orders } from './control';
import { Fleet } from './fleet';
import { startGuardian, type Guardian } from './guardian';
import {
  inOneProcess,
  partOf,
  planShop,
  replicasOf,
  type Environment,
  type ProcessPlan,
  type Replicas,
  type ShopPlan,
} from './plan';
import { assertPortsFree } from './ports';
import { whenOpen } from './readiness';
import { Refusal } from './refusal';
import { logFileOf, prepareStateFolder } from './state-folder';
import { readStatus, writeStatus, type ShopStatus } from './status';
import { openStore, type OpenStore, type Store } from './store';

export interface ShopOptions {
  /** The project's folder. */
  readonly root: string;
  readonly env: Environment;
  /** See `stateFolder`. */
  readonly folder: string;
  readonly replicas: Replicas;
  readonly singleProcess: boolean;
  /** These services only, and the provider; for tests of a part. Default all. */
  readonly services?: readonly string[];
  /** Takes one line for the person at the terminal. */
  readonly report: (line: string) => void;
  /** Another way to a database server than the usual one, for tests. */
  readonly openStore?: OpenStore;
  /** The last word on each process before it starts, for a lab that stands between them. */
  readonly adapt?: (plan: ProcessPlan) => ProcessPlan;
}

const START_TIMEOUT_MS = 120_000; // many times the slowest start seen; beyond it somebody should look
const LEFTOVER_MS = 6_000; // a killed runner's processes are gone within five seconds
const LEFTOVER_POLL_MS = 100;

/** Every process of one shop on this machine, started together, watched, and stopped from the edge inwards. */
export class Shop {
  private readonly startedAt = new Date().toISOString();
  private readonly closing = new AbortController();
  private replicas: Replicas;
  private plan: ShopPlan;
  private fleet: Fleet | undefined;
  private opened = false;
  private control: Server | undefined;
  private guardian: Guardian | undefined;
  private store: Store | undefined;
  private opening: Promise<string> | undefined;
  private closed: Promise<void> | undefined;

  /** @throws Refusal when the options do not fit together */
  constructor(private readonly options: ShopOptions) {
    this.replicas = options.replicas;
    if (options.singleProcess && Object.keys(options.replicas).length > 0) {
      throw new Refusal('--replicas needs a process for each replica: leave out --single-process');
    }
    this.plan = this.planFor(options.replicas);
  }

  /**
   * Resolves with the storefront's address once a buyer can be served. @throws Refusal; what runs by then is ended by
   * `close`
   */
  open(): Promise<string> {
    this.opening ??= this.bringUp();
    return this.opening;
  }

  /** Stops everything, edge first and PostgreSQL last, at whatever point of its life the shop is. */
  close(): Promise<void> {
    this.closed ??= this.bringDown();
    return this.closed;
  }

  /** Cuts a `close` short: requests under way are lost. */
  killAll(): void {
    this.fleet?.killAll();
  }

  status(): ShopStatus {
    return {
      runnerPid: process.pid,
      startedAt: this.startedAt,
      open: this.opened,
      storefrontUrl: this.plan.storefrontUrl,
      gatewayAdminUrl: this.plan.gatewayAdminUrl,
      postgres: this.store?.pid === undefined ? null : { pid: this.store.pid, port: this.plan.postgresPort },
      processes: this.fleet?.statuses() ?? [],
    };
  }

  private async bringUp(): Promise<string> {
    const { folder, report } = this.options;
    await prepareStateFolder(folder);
    const leftovers = readStatus(folder);
    this.control = await listenForOrders(folder, this.orders());
    await leftoversGone(leftovers);
    this.assertBuilt();
    await this.assertPortsFree();
    this.closing.signal.throwIfAborted();

    this.guardian = startGuardian();
    const { env, openStore: open = openStore } = this.options;
    const port = this.plan.postgresPort;
    this.store = await open({ env, folder, port, report, onChange: () => this.publishStatus() });
    await this.store.ensure(this.plan.databases);
    this.closing.signal.throwIfAborted();

    report(`starting ${this.plan.processes.length} processes, their logs are in ${join(folder, 'logs')}`);
    this.fleet = this.newFleet(this.store);
    const patience = AbortSignal.any([this.closing.signal, AbortSignal.timeout(START_TIMEOUT_MS)]);
    await this.fleet.bringTo(this.plan.processes, patience).catch((error: unknown) => {
      throw this.explained(error);
    });
    const { services } = this.options;
    const isWhole = services === undefined || services.includes('gateway');
    if (isWhole && !(await whenOpen(this.plan.storefrontUrl, patience))) throw this.explained(patience.reason);
    this.opened = true;
    this.publishStatus();
    return this.plan.storefrontUrl;
  }

  private async bringDown(): Promise<void> {
    this.closing.abort(new Refusal('the shop is closing'));
    await this.opening?.catch(() => undefined); // whoever called open() hears of it
    this.opened = false;
    await this.fleet?.stop();
    await this.store?.stop();
    this.store = undefined;
    if (this.fleet !== undefined) this.publishStatus();
    await this.guardian?.dismiss();
    this.control?.closeAllConnections();
    this.control?.close();
  }

  private newFleet(store: Store): Fleet {
    const { root, env, folder, report } = this.options;
    const NODE_COMPILE_CACHE = env['NODE_COMPILE_CACHE'] ?? join(folder, 'compile-cache');
    const fleet = new Fleet({
      root,
      env: { ...env, DATABASE_URL: store.url, NODE_COMPILE_CACHE },
      logFileOf: (name) => logFileOf(folder, name),
      report,
    });
    fleet.onChange(() => this.publishStatus());
    return fleet;
  }

  private publishStatus(): void {
    this.guardian?.watch(this.fleet?.pids() ?? []);
    writeStatus(this.options.folder, this.status());
  }

  private orders(): Orders {
    const fleet = (): Fleet => {
      if (this.fleet === undefined || !this.opened) throw new Refusal('the shop is not open yet');
      return this.fleet;
    };
    return {
      status: () => this.status(),
      restart: async (name) => fleet().named(name).restart(),
      kill: async (name) => this.kill(fleet(), name),
      stop: async (name) => fleet().named(name).stop(),
      start: async (name) => fleet().named(name).start(),
      scale: (service, replicas) => this.scale(fleet(), service, replicas),
    };
  }

  private kill(fleet: Fleet, name: string): void {
    if (name === 'postgres' && this.store?.pid !== undefined) process.kill(this.store.pid, 'SIGKILL');
    else fleet.named(name).kill();
  }

  private async scale(fleet: Fleet, service: string, count: number): Promise<void> {
    if (this.options.singleProcess) throw new Refusal('a shop in a single process has no replicas');
    const replicas = { ...this.replicas, ...replicasOf(service, count) };
    const plan = this.planFor(replicas);
    await fleet.bringTo(plan.processes, this.closing.signal);
    this.replicas = replicas;
    this.plan = plan;
  }

  private planFor(replicas: Replicas): ShopPlan {
    const { root, env, folder, singleProcess, services, adapt = (process) => process } = this.options;
    const whole = planShop(root, env, replicas, folder);
    const part = services === undefined ? whole : partOf(whole, services);
    const plan = singleProcess ? inOneProcess(part) : part;
    return { ...plan, processes: plan.processes.map(adapt) };
  }

  private assertBuilt(): void {
    const missing = this.plan.processes.flatMap(({ scripts }) => scripts).find((script) => !existsSync(script));
    if (missing !== undefined) throw new Refusal(`${missing} is missing: run \`npm run build\``);
  }

  private async assertPortsFree(): Promise<void> {
    const endpoints = this.plan.processes.flatMap((process) => process.endpoints);
    const external = (this.options.env['DATABASE_URL'] ?? '') !== '';
    await assertPortsFree(external ? endpoints : [...endpoints, { owner: 'PostgreSQL', port: this.plan.postgresPort }]);
  }

  private explained(error: unknown): unknown {
    if ((error as Error).name !== 'TimeoutError') return error;
    const late = this.fleet?.statuses().filter(({ state }) => state !== 'ready') ?? [];
    const names = late.length === 0 ? 'the storefront' : late.map(({ name }) => name).join(', ');
    return new Refusal(
      `${names} did not get ready in ${START_TIMEOUT_MS / 1000} s: see ${join(this.options.folder, 'logs')}`,
    );
  }
}

/** After a kill -9 of the runner the old processes may still be ending. */
async function leftoversGone(last: ShopStatus | undefined): Promise<void> {
  const pids = [...(last?.processes ?? []).map(({ pid }) => pid), last?.postgres?.pid ?? null].filter(
    (pid) => pid !== null,
  );
  for (let waitedMs = 0; waitedMs < LEFTOVER_MS && pids.some(isAlive); waitedMs += LEFTOVER_POLL_MS)
    await pause(LEFTOVER_POLL_MS);
}
