import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { main } from './main';
import { findShop } from './running-shop';

const surroundings = { root: '', env: {}, print: () => undefined };

test.each([
  ['http://localhost:8080', 'http://localhost:9100'],
  ['http://shop.example', 'http://shop.example:1100'],
  ['https://shop.example', 'https://shop.example:1463'],
])('the admin port of %s is beside its own', async (url, gatewayAdminUrl) => {
  expect(await findShop(surroundings, url)).toEqual({ url, gatewayAdminUrl });
});

describe('the audit tells by its exit code', () => {
  let server: Server;
  let answer: { status: number; body: object };
  let url = '';

  beforeAll(async () => {
    server = createServer((_, reply) =>
      reply.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body)),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    for (const stream of [process.stdout, process.stderr]) jest.spyOn(stream, 'write').mockReturnValue(true);
  });
  afterAll(() => {
    process.exitCode = undefined;
    jest.restoreAllMocks();
    return new Promise((resolve) => (server.close(resolve), server.closeAllConnections()));
  });

  const report = (holds: boolean) => ({
    checkedAt: '2026-06-11T19:00:00.000Z',
    invariants: [{ id: 'C2', holds, checked: 1, inFlight: 0, violations: [] }],
  });
  test.each([
    ['0 when all hold', 0, { status: 200, body: report(true) }],
    ['1 when one does not', 1, { status: 200, body: report(false) }],
    ['2 when a part of the shop cannot be read', 2, { status: 503, body: { detail: 'no' } }],
  ])('%s', async (_, code, given) => {
    answer = given;
    await main(['node', 'stampede', 'audit', '--url', url, '--token', 't'], '');
    expect(process.exitCode).toBe(code);
  });
});
