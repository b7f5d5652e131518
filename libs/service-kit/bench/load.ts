import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Workload } from './shop.ts';

export interface Load {
  readonly port: number;
  readonly requests: number;
  readonly connections: number;
  readonly workload: Workload;
}

/**
 * Sends `requests` over keep-alive connections, one at a time each, and reads every answer to its end. Rejects on any
 * other status than the workload's.
 */
export async function load({ port, requests, connections, workload }: Load): Promise<void> {
  const each = Math.ceil(requests / connections);
  const request = Buffer.from(workload.request);
  const start = `HTTP/1.1 ${workload.status}`;
  const talks = Array.from({ length: connections }, () => talk(connect(port, '127.0.0.1'), request, start, each));
  await Promise.all(talks);
}

async function talk(socket: Socket, request: Buffer, start: string, count: number): Promise<void> {
  socket.setNoDelay(true);
  await once(socket, 'connect');
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let left = count;
  let seen = '';
  socket.on('error', reject);
  socket.on('data', (chunk) => {
    seen += chunk.toString('latin1');
    const end = seen.indexOf('\r\n\r\n');
    if (end === -1 || seen.length < end + 4 + Number(/content-length: (\d+)/i.exec(seen)?.[1])) return;
    if (!seen.startsWith(start)) reject(new Error(seen.slice(0, 300)));
    seen = '';
    left -= 1;
    if (left > 0) socket.write(request);
    else resolve();
  });
  socket.write(request);
  await promise;
  socket.end();
}
