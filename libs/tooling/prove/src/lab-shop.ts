import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import {
  Refusal,
  Shop,
  eraseStateFolder,
  startGuardian,
  takePortMap,
  type Environment,
  type Guardian,
  type PortMap,
} from '@stampede/supervisor';
import { LAB_VARIABLE, OFF_VARIABLE, trafficPort } from '@stampede/topology';
import { Edge } from './lab-edge';
import { edgePort } from './lab-ports';
import { Routes } from './lab-routes';
import { OpenLabShop } from './open-lab-shop';
import { startKafka, startRedis, type PartOptions } from './own-parts';
import type { OwnServer } from './own-server';
import type { OpenShopOptions, ShopInLab } from './world';

export interface LabShopOptions extends OpenShopOptions {
  /** The project's folder, built. */
  readonly root: string;
  /** The user's own environment: of it the shop gets what any process needs. */
  readonly machine: Environment;
  /** Takes one line of the supervisor's. */
  readonly report?: (line: string) => void;
}

const LOCALHOST = '127.0.0.1';

/**
 * Starts a shop of a run's own: its ports, its state, its PostgreSQL, and the servers beside it that the claim needs,
 * so that no shop or test of this machine is touched. Durable: what a commit has answered survives a killed server.
 * Close it. @throws Unavailable for a part that is not to be had; Refusal when it does not start; the signal's reason
 */
export async function openLabShop(options: LabShopOptions): Promise<ShopInLab> {
  const busy: number[] = [];
  for (;;) {
    options.signal.throwIfAborted();
    const ports = await takePortMap(busy);
    const lab = new Opening(options, ports);
    try {
      return await lab.open();
    } catch (error) {
      await lab.close();
      if (!isBusyPort(error)) throw error;
      busy.push(ports.base);
    }
  }
}

function isBusyPort(error: unknown): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'EADDRINUSE' || (error instanceof Refusal && /^port \d+ is busy/.test(message));
}

/** Everything that one shop in a lab consists of, opened in order and closed in the opposite one. */
class Opening {
  private readonly home = mkdtempSync(join(tmpdir(), 'stampede-lab-'));
  private readonly state = join(this.home, 'state');
  private readonly closers: (() => unknown)[] = [];
  private readonly pids = new Map<string, number | undefined>();
  private readonly parts: { redis?: OwnServer; kafka?: OwnServer } = {};

  constructor(
    private readonly options: LabShopOptions,
    private readonly ports: PortMap,
  ) {
    chmodSync(this.home, 0o711); // as root PostgreSQL runs as another user
    this.closers.push(
      () => ports.release(),
      () => rmSync(this.home, { recursive: true, force: true }),
      () => eraseStateFolder(this.state),
      () => this.keepLogs(),
    );
  }

  async open(): Promise<ShopInLab> {
    const { proxied = [], replicas = {}, preloads = {}, root, report = () => undefined, signal } = this.options;
    await this.openParts();
    const routes = new Routes({ base: this.ports.base, proxied, replicas });
    this.closers.push(() => routes.close());
    await routes.open();
    signal.throwIfAborted();
    const shop = new Shop({
      root,
      env: this.env(),
      folder: this.state,
      replicas,
      singleProcess: false,
      report,
      adapt: (plan) => {
        const nodeArguments = (preloads[plan.service] ?? []).flatMap((script) => ['--require', script]);
        return { ...routes.reroute(plan), nodeArguments };
      },
    });
    this.closers.push(() => shop.close());
    await untilAborted(shop.open(), signal);
    const url = await this.openEdge(routes, shop);
    const lab = new OpenLabShop({
      shop,
      routes,
      url,
      state: this.state,
      folder: this.options.folder,
      base: this.ports.base,
      parts: this.parts,
      close: () => this.close(),
    });
    await lab.authorise();
    return lab;
  }

  async close(): Promise<void> {
    for (const close of this.closers.splice(0).toReversed()) await close();
  }

  private async openParts(): Promise<void> {
    const { needs } = this.options;
    if (!needs.includes('redis') && !needs.includes('kafka')) return;
    const guardian = startGuardian();
    this.closers.push(() => guardian.dismiss());
    if (needs.includes('redis')) this.parts.redis = await this.started(startRedis, 'redis', guardian);
    if (needs.includes('kafka')) this.parts.kafka = await this.started(startKafka, 'kafka', guardian);
  }

  private async started(
    start: (options: PartOptions) => Promise<OwnServer>,
    name: string,
    guardian: Guardian,
  ): Promise<OwnServer> {
    const folder = join(this.home, name);
    mkdirSync(folder);
    const server = await start({
      root: this.options.root,
      base: this.ports.base,
      folder,
      logFile: join(this.home, `${name}.log`),
      onPid: (pid) => {
        this.pids.set(name, pid);
        guardian.watch([...this.pids.values()].filter((known) => known !== undefined));
      },
    });
    this.closers.push(() => server.stop('SIGTERM'));
    return server;
  }

  private env(): Environment {
    const { env = {}, off = '', machine } = this.options;
    const inherited = ['PATH', 'HOME', 'TMPDIR', 'TZ'].map((name) => [name, machine[name]]);
    const { redis, kafka } = this.parts;
    return {
      ...(Object.fromEntries(inherited) as Environment),
      // Kept between runs: a process that finds it empty fills it when it ends, which takes seconds.
      NODE_COMPILE_CACHE: join(this.options.root, 'node_modules', '.cache', 'stampede', 'compile-cache'),
      ...env,
      STAMPEDE_PORT_BASE: String(this.ports.base),
      [LAB_VARIABLE]: '1',
      [OFF_VARIABLE]: off,
      ...(redis === undefined ? {} : { REDIS_URL: redis.address }),
      ...(kafka === undefined ? {} : { KAFKA_BROKERS: kafka.address }),
    };
  }

  /** Where buyers call: one gateway itself, or a balancer before several, or a proxy before either. */
  private async openEdge(routes: Routes, shop: Shop): Promise<string> {
    const { base } = this.ports;
    let port = trafficPort(base, 'gateway');
    const gateways = shop.status().processes.filter(({ service }) => service === 'gateway');
    if (gateways.length > 1) {
      const upstreams = gateways.map(({ url, adminUrls }) => ({
        port: Number(new URL(url).port),
        adminUrl: adminUrls[0] ?? '',
      }));
      const edge = new Edge(upstreams);
      this.closers.push(() => edge.close());
      port = await edge.listen(edgePort(base));
    }
    if (this.options.proxied?.includes('edge') === true) ({ port } = await routes.add('edge', port));
    return `http://${LOCALHOST}:${port}`;
  }

  private keepLogs(): void {
    const { folder } = this.options;
    const logs = ['redis.log', 'kafka.log', join('state', 'logs')].map((name) => join(this.home, name));
    for (const log of logs.filter(existsSync)) {
      cpSync(log, join(folder, basename(log)), { recursive: true });
    }
  }
}

/** Whoever gives up does not wait for a start; `close` waits for what is under way. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
