import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { FaultProxy, Toxics } from './fault-proxy';
import { ProxiedConnection } from './proxied-connection';

const HOST = '127.0.0.1';
const RELISTEN_MS = 20;
/** Multiples of it, modulo 1, fill [0, 1) evenly: any share is met with few draws, and the same ones in every run. */
const GOLDEN_RATIO = 0.618_033_988_749_895;
const PLASTIC_RATIO = 0.754_877_666_246_693;

export interface FaultProxyOptions {
  readonly target: { readonly host: string; readonly port: number };
  /** Default: a free one. */
  readonly port?: number;
}

/** Resolves when it takes connections. @throws Error EADDRINUSE when somebody else listens there */
export async function openFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const proxy = new TcpFaultProxy(options.target);
  await proxy.open(options.port ?? 0);
  return proxy;
}

class TcpFaultProxy implements FaultProxy {
  port = 0;
  acted = 0;
  private toxics: Toxics = {};
  private readonly connections = new Map<Socket, ProxiedConnection>();
  private listener: Server | undefined;
  private closed = false;
  private draws = 0;
  private jitters = 0;

  constructor(private readonly target: FaultProxyOptions['target']) {}

  async open(port: number): Promise<void> {
    const listener = this.listen(port);
    await once(listener, 'listening');
    this.port = (listener.address() as AddressInfo).port;
  }

  set(toxics: Toxics): void {
    this.toxics = toxics;
    for (const connection of this.connections.values()) connection.reconsider();
    if (this.refusesAll()) {
      this.listener?.close();
      this.listener = undefined;
    } else if (this.listener === undefined) this.listenAgain();
  }

  clear(): void {
    this.set({});
  }

  async close(): Promise<void> {
    this.closed = true;
    const { listener } = this;
    this.listener = undefined;
    for (const connection of this.connections.values()) connection.end();
    if (listener?.listening === true) await new Promise((resolve) => listener.close(resolve));
  }

  /** The port may still be on its way back to the system. */
  private listenAgain(): void {
    if (this.closed || this.refusesAll()) return;
    this.listen(this.port).once('error', () => {
      this.listener = undefined;
      setTimeout(() => this.listener ?? this.listenAgain(), RELISTEN_MS);
    });
  }

  private listen(port: number): Server {
    const listener = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.accept(client));
    this.listener = listener;
    return listener.listen({ port, host: HOST, exclusive: true });
  }

  private accept(client: Socket): void {
    client.once('close', () => this.connections.delete(client));
    const connection = new ProxiedConnection(client, {
      target: this.target,
      toxics: () => this.toxics,
      draw: () => this.draw(),
      jitter: () => (PLASTIC_RATIO * (this.jitters += 1)) % 1,
      onActed: () => void (this.acted += 1),
    });
    if (!client.destroyed) this.connections.set(client, connection);
  }

  private draw(): boolean {
    return (GOLDEN_RATIO * (this.draws += 1)) % 1 < (this.toxics.ratio ?? 1);
  }

  private refusesAll(): boolean {
    return this.toxics.refuse === true && (this.toxics.ratio ?? 1) >= 1;
  }
}
