import type { FaultProxy, Lab, LabServer, LabShop, Toxics } from '../src';

/** A shop that only remembers what was done to it. */
export class FakeShop implements LabShop {
  readonly url = 'http://shop.test';
  readonly done: string[] = [];
  readonly running = new Map<string, number>();
  readonly figures = new Map<string, number>();
  readonly proxied = new Map<string, FakeProxy[]>();
  readonly postgres = { url: 'postgres://nowhere', kill: () => void this.done.push('kill postgres') };
  readonly redis = new FakeServer(this.done, 'redis');
  readonly kafka = new FakeServer(this.done, 'kafka');
  private pids = 1_000;

  constructor(...names: string[]) {
    for (const name of names) this.running.set(name, (this.pids += 1));
  }

  names(service?: string): readonly string[] {
    return [...this.running.keys()].filter((name) => service === undefined || name.replace(/-\d+$/, '') === service);
  }

  pidOf(name: string): number | undefined {
    const pid = this.running.get(name);
    return pid === 0 ? undefined : pid;
  }

  async kill(name: string): Promise<void> {
    this.did('kill', name);
  }

  async restart(name: string): Promise<void> {
    this.did('restart', name);
  }

  async stop(name: string): Promise<void> {
    this.did('stop', name);
    this.running.set(name, 0);
  }

  async start(name: string): Promise<void> {
    this.did('start', name);
    this.running.set(name, (this.pids += 1));
  }

  async ready(): Promise<void> {
    this.done.push('ready');
  }

  async metric(name: string): Promise<number> {
    const value = this.figures.get(name);
    if (value === undefined) throw new Error(`nobody answers with ${name}`);
    return value;
  }

  proxies(target: string): readonly FaultProxy[] {
    const proxies = this.proxied.get(target);
    if (proxies === undefined) throw new Error(`${target} is not proxied`);
    return proxies;
  }

  private did(what: string, name: string): void {
    this.done.push(`${what} ${name}`);
  }
}

export class FakeProxy implements FaultProxy {
  readonly port = 1;
  acted = 0;
  toxics: Toxics = {};

  set(toxics: Toxics): void {
    this.toxics = toxics;
  }

  clear(): void {
    this.toxics = {};
  }

  async close(): Promise<void> {
    this.toxics = {};
  }
}

class FakeServer implements LabServer {
  readonly address = '127.0.0.1:1'; // nobody listens there

  constructor(
    private readonly done: string[],
    private readonly name: string,
  ) {}

  async stop(how: string): Promise<void> {
    this.done.push(`${how} ${this.name}`);
  }

  async start(): Promise<void> {
    this.done.push(`start ${this.name}`);
  }
}

export interface FakeLab extends Lab {
  readonly shop: FakeShop;
  readonly recorded: string[];
  interrupt(): void;
}

/** Chances come from a fixed row of numbers. */
export function fakeLab(shop: FakeShop): FakeLab {
  const interruption = new AbortController();
  const recorded: string[] = [];
  let drawn = 0;
  return {
    shop,
    recorded,
    random: () => ((drawn += 1) * 0.37) % 1,
    signal: interruption.signal,
    record: (kind) => void recorded.push(kind),
    interrupt: () => interruption.abort(),
  };
}
