import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface PlacedOrder {
  readonly key: string;
  readonly at: number;
}

/** A shop of one process that answers as the contract says, and loses or refuses what a test tells it to. */
export class FakeShop {
  readonly placed: PlacedOrder[] = [];
  readonly emails = new Set<string>();
  /** Called for each attempt to order, counted by key from 1. */
  onOrder: (attempt: number) => 'answer' | 'lose' | 'refuse' = () => 'answer';
  private readonly attempts = new Map<string, number>();
  private readonly server: Server;

  private constructor() {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => this.answer(request, response, Buffer.concat(chunks).toString('utf8')));
    });
  }

  static async open(): Promise<FakeShop> {
    const shop = new FakeShop();
    await new Promise<void>((resolve) => shop.server.listen(0, '127.0.0.1', resolve));
    return shop;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private answer(request: IncomingMessage, response: ServerResponse, body: string): void {
    const path = request.url?.replace('/api/v1', '').replace(/(?<=\/(events|orders)\/)[^/]+/, '_');
    const route = `${request.method} ${path}`;
    const reply = (status: number, content: unknown, headers = {}) =>
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(content));
    switch (route) {
      case 'POST /events':
        return void reply(201, { eventId: 'e-1', categories: [], degraded: [] });
      case 'GET /events/_':
        return void reply(200, { eventId: 'e-1', categories: [], degraded: ['pricing'] });
      case 'POST /sessions':
        this.emails.add((JSON.parse(body) as { email: string }).email);
        return void reply(201, { accessToken: 'token' });
      case 'POST /events/_/queue':
        return void reply(202, { state: 'admitted', position: 0, estimatedWaitSeconds: 0 });
      case 'POST /holds':
        return void reply(201, { holdId: 'h-1', seats: [{ section: 'A', row: '1', number: 1 }] });
      case 'POST /orders':
        return this.order(request, response, reply);
      case 'GET /orders/_':
        return void reply(200, order('confirmed'));
      default:
        return void reply(404, { code: 'not_found' });
    }
  }

  private order(
    { headers }: IncomingMessage,
    response: ServerResponse,
    reply: (status: number, content: unknown, headers?: object) => unknown,
  ): void {
    const key = String(headers['idempotency-key']);
    const attempt = (this.attempts.get(key) ?? 0) + 1;
    this.attempts.set(key, attempt);
    this.placed.push({ key, at: Date.now() });
    const what = this.onOrder(attempt);
    if (what === 'lose') response.destroy();
    else if (what === 'refuse') reply(503, { code: 'overloaded' }, { 'retry-after': '1' });
    else reply(202, order('pending'), attempt === 1 ? {} : { 'idempotent-replayed': 'true' });
  }
}

function order(status: string) {
  const seat = { section: 'A', row: '1', number: 1 };
  const tickets = status === 'confirmed' ? [{ ticketId: 't-1', seat }] : [];
  return { orderId: 'o-1', status, total: 5_000, currency: 'USD', seats: [seat], tickets };
}
