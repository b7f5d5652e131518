import { createServer, type ServerResponse } from 'node:http';
import { serveBench } from './child.ts';
import { events } from './shop.ts';

/** What a service costs at least: node:http, the body read and parsed, the reply written. Nothing is checked. */
const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://bench');
  if (request.method === 'GET') {
    answer(response, 200, { items: events, page: Number(searchParams.get('page')), total: 104 });
    return;
  }
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { holdId, seats } = JSON.parse(Buffer.concat(chunks).toString());
    answer(response, 202, { eventId: pathname.split('/')[2], holdId, status: 'pending', seats });
  });
});

function answer(response: ServerResponse, status: number, value: unknown): void {
  const body = JSON.stringify(value);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

server.listen(0, '127.0.0.1', () => serveBench((server.address() as { port: number }).port));
