import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Scrapes, sumOf } from './lab-metrics';

const TEXT = `# HELP stampede_retries_total Second and later attempts
# TYPE stampede_retries_total counter
stampede_retries_total{policy="inventory"} 3
stampede_retries_total{policy="pay \\"now\\""} 4
stampede_retries_total_of_another 100
stampede_saga_open 2
nodejs_eventloop_delay_seconds{quantile="0.5"} 0.01
nodejs_eventloop_delay_seconds{quantile="1"} 1.9e+0
`;

test('samples of one metric are added up, of those with the labels alone', () => {
  expect(sumOf(TEXT, 'stampede_retries_total')).toBe(7);
  expect(sumOf(TEXT, 'stampede_retries_total', { policy: 'inventory' })).toBe(3);
  expect(sumOf(TEXT, 'nodejs_eventloop_delay_seconds', { quantile: '1' })).toBe(1.9);
  expect(sumOf(TEXT, 'stampede_saga_open')).toBe(2);
  expect(sumOf(TEXT, 'stampede_shed_total')).toBe(0);
});

describe('of processes', () => {
  let server: Server;
  let asked: number;
  let url: string;
  beforeEach(async () => {
    asked = 0;
    server = createServer((_, reply) => {
      asked += 1;
      reply.end(TEXT);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => void server.close());

  test('those that answer are added up, and one answer serves all figures of the same moment', async () => {
    const scrapes = new Scrapes();
    const admins = [url, 'http://127.0.0.1:1'];
    const sums = ['stampede_saga_open', 'stampede_retries_total'].map((name) => scrapes.sum(admins, name));
    expect(await Promise.all(sums)).toEqual([2, 7]);
    expect(asked).toBe(1);
  });

  test('where nobody answers there is no figure', async () => {
    await expect(new Scrapes().sum(['http://127.0.0.1:1'], 'stampede_saga_open')).rejects.toThrow('nobody answers');
  });
});
