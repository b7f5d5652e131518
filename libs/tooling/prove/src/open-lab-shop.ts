import { setTimeout as delay } from 'node:timers/promises';
import type { AuditReport, Order, StatementEntry } from '@stampede/contracts';
import { serverVersion, type FaultProxy, type LabPostgres, type LabServer, type MetricWhere } from '@stampede/faults';
import { orderShop, type ProcessStatus, type Shop } from '@stampede/supervisor';
import { PROVIDER, postgresPort, providerPort } from '@stampede/topology';
import { request } from 'undici';
import { Scrapes, textAt } from './lab-metrics';
import type { Routes } from './lab-routes';
import type { OwnParts } from './own-parts';
import type { ShopInLab } from './world';

export interface LabShopParts {
  readonly shop: Shop;
  readonly routes: Routes;
  readonly url: string;
  /** The shop's state, where it takes orders. */
  readonly state: string;
  readonly folder: string;
  readonly base: number;
  readonly parts: OwnParts;
  close(): Promise<void>;
}

const LOCALHOST = '127.0.0.1';
const POLL_MS = 50;
const SERVES_AGAIN_MS = 60_000;
const AUDIT_MS = 20_000;
const ANSWER_MS = 5_000;

/** A running shop as faults and prover see it. */
export class OpenLabShop implements ShopInLab {
  readonly url: string;
  readonly folder: string;
  readonly postgres: LabPostgres;
  tokens = { operator: '', organiser: '' };
  private readonly scrapes = new Scrapes();
  private closed: Promise<void> | undefined;

  constructor(private readonly around: LabShopParts) {
    this.url = around.url;
    this.folder = around.folder;
    this.postgres = {
      url: `postgres://postgres@${LOCALHOST}:${postgresPort(around.base)}`,
      kill: () => {
        const pid = around.shop.status().postgres?.pid;
        if (pid !== undefined) process.kill(pid, 'SIGKILL');
      },
    };
  }

  get redis(): LabServer {
    return this.part('redis');
  }

  get kafka(): LabServer {
    return this.part('kafka');
  }

  /** Gets the tokens. */
  async authorise(): Promise<void> {
    const [operator, organiser] = await Promise.all(['operator', 'organiser'].map((role) => this.issueToken(role)));
    this.tokens = { operator: operator ?? '', organiser: organiser ?? '' };
  }

  names(service?: string): readonly string[] {
    return this.statuses(service).map(({ name }) => name);
  }

  pidOf(name: string): number | undefined {
    return this.statusOf(name).pid ?? undefined;
  }

  async kill(name: string): Promise<void> {
    await this.order('kill', name);
  }

  async restart(name: string): Promise<void> {
    await this.order('restart', name);
    await this.serves(name);
  }

  async stop(name: string): Promise<void> {
    await this.order('stop', name);
  }

  async start(name: string): Promise<void> {
    await this.order('start', name);
    await this.serves(name);
  }

  async ready(timeoutMs: number): Promise<void> {
    for (const deadline = Date.now() + timeoutMs; ; await delay(POLL_MS)) {
      const wanted = this.around.shop.status().processes.filter(({ state }) => state !== 'stopped');
      const answers = await Promise.all(wanted.map(isReady));
      const late = wanted.filter((_, index) => !answers[index]);
      if (late.length === 0) return;
      if (Date.now() > deadline) throw new Error(`not ready: ${late.map(({ name }) => name).join(', ')}`);
    }
  }

  metric(name: string, { service, labels }: MetricWhere = {}): Promise<number> {
    return this.scrapes.sum(
      this.statuses(service).flatMap(({ adminUrls }) => adminUrls),
      name,
      labels,
    );
  }

  proxies(target: string): readonly FaultProxy[] {
    return this.around.routes.of(target);
  }

  audit(): Promise<AuditReport | undefined> {
    return this.asOperator<AuditReport>('/audit', AUDIT_MS);
  }

  async orderOf(orderId: string): Promise<Order | undefined> {
    const { statusCode, body } = await request(`${this.url}/api/v1/orders/${orderId}`, {
      headers: { authorization: `Bearer ${this.tokens.operator}` },
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    const text = await body.text();
    if (statusCode === 404) return undefined;
    if (statusCode !== 200) throw new Error(`order ${orderId} cannot be read: ${statusCode}`);
    return JSON.parse(text) as Order;
  }

  async statement(): Promise<readonly StatementEntry[]> {
    const text = await textAt(`http://${LOCALHOST}:${providerPort(this.around.base)}/statement`, {}, AUDIT_MS);
    if (text === undefined) throw new Error('the payment provider does not show its statement');
    return (JSON.parse(text) as { entries: StatementEntry[] }).entries;
  }

  async metered(): Promise<ReadonlyMap<string, number> | undefined> {
    const [billing] = this.statuses('billing').flatMap(({ adminUrls }) => adminUrls);
    const text = await textAt(`${billing}/meters`, {}, AUDIT_MS);
    if (text === undefined) return undefined;
    const { meters } = JSON.parse(text) as { meters: { eventId: string; tickets: number }[] };
    return new Map(meters.map(({ eventId, tickets }) => [eventId, tickets]));
  }

  async versions(): Promise<Readonly<Record<string, string>>> {
    const parts = Object.entries(this.around.parts).map(([name, { version }]) => [name, version]);
    const postgres = await serverVersion(this.postgres.url);
    return { node: process.versions.node, postgres, ...(Object.fromEntries(parts) as Record<string, string>) };
  }

  close(): Promise<void> {
    this.closed ??= this.end();
    return this.closed;
  }

  private async end(): Promise<void> {
    for (const { pid } of this.around.shop.status().processes) if (pid !== null) wake(pid);
    await this.around.close();
  }

  private statuses(service?: string): ProcessStatus[] {
    const { processes } = this.around.shop.status();
    return processes.filter((process) =>
      service === undefined ? process.service !== PROVIDER.name : process.service === service,
    );
  }

  private statusOf(name: string): ProcessStatus {
    const status = this.around.shop.status().processes.find((process) => process.name === name);
    if (status === undefined) throw new Error(`no process is called ${name}`);
    return status;
  }

  private order(what: string, name: string): Promise<unknown> {
    return orderShop(this.around.state, 'POST', `/${what}?name=${encodeURIComponent(name)}`);
  }

  private async serves(name: string): Promise<void> {
    for (const deadline = Date.now() + SERVES_AGAIN_MS; this.statusOf(name).state !== 'ready'; await delay(POLL_MS)) {
      if (Date.now() > deadline) throw new Error(`${name} does not serve again`);
    }
  }

  private part(name: 'redis' | 'kafka'): LabServer {
    const server = this.around.parts[name];
    if (server === undefined) throw new Error(`the claim does not say that it needs ${name}`);
    return server;
  }

  private async asOperator<T>(path: string, withinMs: number): Promise<T | undefined> {
    const headers = { authorization: `Bearer ${this.tokens.operator}` };
    const text = await textAt(`${this.url}/api/v1${path}`, headers, withinMs);
    return text === undefined ? undefined : (JSON.parse(text) as T);
  }

  private async issueToken(role: string): Promise<string> {
    const { body } = await request(`${this.around.shop.status().gatewayAdminUrl}/tokens`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ role }),
    });
    return ((await body.json()) as { accessToken: string }).accessToken;
  }
}

async function isReady({ state, adminUrls }: ProcessStatus): Promise<boolean> {
  if (state !== 'ready') return false;
  const answers = await Promise.all(adminUrls.map((url) => textAt(`${url}/readyz`)));
  return answers.every((answer) => answer !== undefined);
}

/** A process that a fault has stopped would not hear that it shall end. */
function wake(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch {
    // it has ended
  }
}
