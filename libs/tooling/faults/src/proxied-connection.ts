import { connect, type Socket } from 'node:net';
import { DelayedPipe, type Pace } from './delayed-pipe';
import type { Toxics } from './fault-proxy';

export interface Surroundings {
  readonly target: { readonly host: string; readonly port: number };
  /** As they are now. */
  toxics(): Toxics;
  /** Whether the next exchange is among those that the toxics act on. */
  draw(): boolean;
  jitter(): number;
  onActed(): void;
}

const READ_MS = 20;

/** One connection of a client, and the server's side of it as long as there is one. */
export class ProxiedConnection {
  private readonly server: Socket | undefined;
  private readonly toServer: DelayedPipe | undefined;
  private readonly toClient: DelayedPipe | undefined;
  private affected: boolean;
  private counted = false;
  private answeredBytes = 0;
  /** Bytes have been lost: whatever comes now, nobody could make sense of it. */
  private muted = false;

  constructor(
    private readonly client: Socket,
    private readonly around: Surroundings,
  ) {
    this.affected = around.draw();
    client.on('error', () => undefined); // `close` follows
    client.on('data', (chunk: Buffer) => this.fromClient(chunk));
    if (this.obeysAtOnce()) return;
    const server = connect(around.target);
    this.server = server;
    this.toServer = new DelayedPipe(client, server);
    this.toClient = new DelayedPipe(server, client);
    this.join(client, server);
  }

  /** Called when the toxics have changed. */
  reconsider(): void {
    this.affected = this.around.draw();
    this.counted = false;
    if (this.obeysAtOnce()) return;
    if (this.muted) return this.reset();
    this.toServer?.flush();
    this.toClient?.flush();
  }

  end(): void {
    this.client.destroy();
    this.server?.destroy();
  }

  private obeysAtOnce(): boolean {
    const { refuse, blackHole, halfOpen } = this.acting();
    if (refuse !== true && blackHole !== true && halfOpen !== true) return false;
    this.count();
    if (refuse === true) this.reset();
    else this.mute();
    return true;
  }

  private join(client: Socket, server: Socket): void {
    server.setNoDelay(true);
    client.setNoDelay(true);
    server.on('data', (chunk: Buffer) => this.fromServer(chunk));
    server.on('end', () => this.toClient?.andThen(() => void (this.muted || client.end())));
    client.on('end', () => this.toServer?.andThen(() => server.end()));
    // An end in disorder is passed on as one; where the client is to believe in its connection, it is not.
    server.on('error', () => void (this.muted || client.resetAndDestroy()));
    client.on('close', () => {
      this.toServer?.drop();
      this.toClient?.drop();
      server.destroy();
    });
  }

  private fromClient(chunk: Buffer): void {
    if (this.muted) return;
    if (this.answeredBytes > 0) {
      this.answeredBytes = 0;
      this.affected = this.around.draw();
      this.counted = false;
      if (this.obeysAtOnce()) return;
    }
    this.toServer?.write(chunk, this.pace());
  }

  private fromServer(chunk: Buffer): void {
    if (this.muted) return;
    const left = (this.acting().resetAfterBytes ?? Infinity) - this.answeredBytes;
    this.answeredBytes += chunk.length;
    const pace = this.pace();
    if (chunk.length <= left && left > 0) return this.toClient?.write(chunk, pace);
    this.count();
    if (left <= 0) return this.toClient?.andThen(() => this.reset());
    this.toClient?.write(chunk.subarray(0, left), pace);
    // A reset takes back what the client has not read yet.
    this.toClient?.andThen(() => void setTimeout(() => this.reset(), READ_MS));
  }

  private acting(): Toxics {
    return this.affected ? this.around.toxics() : {};
  }

  private pace(): Pace {
    const { latencyMs = 0, jitterMs = 0, bytesPerSecond = Infinity } = this.acting();
    const delayMs = latencyMs + (jitterMs === 0 ? 0 : jitterMs * this.around.jitter());
    if (delayMs > 0 || bytesPerSecond !== Infinity) this.count();
    return { delayMs, bytesPerSecond };
  }

  private mute(): void {
    if (this.muted) return;
    this.muted = true;
    if (this.acting().halfOpen === true) this.server?.destroy();
  }

  private reset(): void {
    this.client.resetAndDestroy();
    this.server?.destroy();
  }

  private count(): void {
    if (this.counted || !this.affected) return;
    this.counted = true;
    this.around.onActed();
  }
}
