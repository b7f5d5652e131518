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
  expect(sumOf(TEXT, 'stampede_retries_total', { policy: 'none' })).toBe(0);
  expect(sumOf(TEXT, 'stampede_shed_total')).toBeUndefined();
});

describe('of processes', () => {
  let server: Server;
  let asked: number;
  let url: string;
  let text: string;
  beforeEach(async () => {
    asked = 0;
    text = TEXT;
    server = createServer((_, reply) => {
      asked += 1;
      reply.end(text);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    jest.restoreAllMocks();
    server.close();
  });

  test('all are added up, and one answer serves all figures of the same moment', async () => {
    const scrapes = new Scrapes();
    const sums = ['stampede_saga_open', 'stampede_retries_total'].map((name) => scrapes.sum([url], name));
    expect(await Promise.all(sums)).toEqual([2, 7]);
    expect(asked).toBe(1);
  });

  test('where one does not answer there is no figure', async () => {
    const sum = new Scrapes().sum([url, 'http://127.0.0.1:1'], 'stampede_saga_open');
    await expect(sum).rejects.toThrow('http://127.0.0.1:1 does not answer with stampede_saga_open');
  });

  test('a gauge that nobody shows is unknown, and a counter that nobody shows has not counted yet', async () => {
    await expect(new Scrapes().sum([url], 'stampede_outbox_unpublished')).rejects.toThrow('nobody shows');
    expect(await new Scrapes().sum([url], 'stampede_shed_total')).toBe(0);
  });

  test('a gauge that one has shown and does not show any more is unknown, whatever the others show', async () => {
    jest.spyOn(performance, 'now').mockReturnValueOnce(0).mockReturnValue(1_000); // no answer is old enough to be kept
    const scrapes = new Scrapes();
    expect(await scrapes.sum([url], 'stampede_saga_open')).toBe(2);
    text = TEXT.replace('stampede_saga_open 2', '');
    await expect(scrapes.sum([url], 'stampede_saga_open')).rejects.toThrow('cannot read its stampede_saga_open');
  });
});
