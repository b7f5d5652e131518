import { createServer } from 'node:http';
import { serveBench } from './child.ts';

/** What a service costs at least: node:http, the body read and parsed, the reply written. Nothing is checked. */
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const eventId = request.url?.split('/')[2];
    const { holdId, seats } = JSON.parse(Buffer.concat(chunks).toString());
    const body = JSON.stringify({ eventId, holdId, status: 'pending', seats });
    response.writeHead(202, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
    response.end(body);
  });
});
server.listen(0, '127.0.0.1', () => serveBench((server.address() as { port: number }).port));
