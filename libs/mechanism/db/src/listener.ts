import { Client } from 'pg';

/** Pauses between attempts to connect again, ms. */
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;
const CONNECT_TIMEOUT_MS = 5_000;

type OnNotify = (payload: string) => void;

/** One connection that listens on all channels of a database, made again whenever it is lost. */
export class Listener {
  private readonly handlers = new Map<string, Set<OnNotify>>();
  private connection: Promise<Client> | undefined;
  private retry: NodeJS.Timeout | undefined;
  private pauseMs = FIRST_PAUSE_MS;
  private closed = false;

  constructor(private readonly options: { url: string; applicationName: string }) {}

  async listen(channel: string, onNotify: OnNotify): Promise<() => Promise<void>> {
    if (this.closed) throw new Error('the database is closed');
    const handlers = this.handlers.get(channel) ?? new Set();
    // A wrapper of its own, so that one function may listen twice and end once.
    const handler: OnNotify = (payload) => onNotify(payload);
    handlers.add(handler);
    this.handlers.set(channel, handlers);
    try {
      const client = await this.connected();
      await client.query(`listen ${client.escapeIdentifier(channel)}`);
    } catch (error) {
      handlers.delete(handler);
      throw error;
    }
    return () => this.unlisten(channel, handler);
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.retry);
    this.handlers.clear();
    const client = await this.connection?.catch(() => undefined);
    await client?.end().catch(() => undefined);
  }

  private async unlisten(channel: string, handler: OnNotify): Promise<void> {
    const handlers = this.handlers.get(channel);
    if (handlers?.delete(handler) !== true || handlers.size > 0) return;
    this.handlers.delete(channel);
    const client = await this.connection?.catch(() => undefined);
    // A lost connection listens to nothing any more, which is what was asked.
    await client?.query(`unlisten ${client.escapeIdentifier(channel)}`).catch(() => undefined);
  }

  private connected(): Promise<Client> {
    this.connection ??= this.connect().catch((error: unknown) => {
      this.connection = undefined;
      throw error;
    });
    return this.connection;
  }

  private async connect(): Promise<Client> {
    const client = new Client({
      connectionString: this.options.url,
      application_name: this.options.applicationName,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
    });
    client.on('notification', ({ channel, payload }) => this.deliver(channel, payload ?? ''));
    client.on('error', () => undefined); // a query under way reports it, and 'end' follows
    try {
      await client.connect();
      for (const channel of this.handlers.keys()) await client.query(`listen ${client.escapeIdentifier(channel)}`);
    } catch (error) {
      void client.end().catch(() => undefined);
      throw error;
    }
    client.once('end', () => this.reconnect());
    return client;
  }

  private reconnect(): void {
    this.connection = undefined;
    if (this.closed || this.handlers.size === 0) return;
    this.retry = setTimeout(() => {
      this.connected().then(
        () => {
          this.pauseMs = FIRST_PAUSE_MS;
          for (const channel of this.handlers.keys()) this.deliver(channel, '');
        },
        () => this.reconnect(),
      );
    }, this.pauseMs);
    this.pauseMs = Math.min(this.pauseMs * 2, LONGEST_PAUSE_MS);
  }

  private deliver(channel: string, payload: string): void {
    for (const handler of this.handlers.get(channel) ?? []) handler(payload);
  }
}
