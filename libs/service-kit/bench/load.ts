import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { BODY, PATH } from './order.ts';

export interface Load {
  readonly port: number;
  readonly requests: number;
  readonly connections: number;
  readonly traceparent?: string | undefined;
}

/**
 * Sends `requests` over keep-alive connections, one at a time each, and reads every answer to its end. Rejects on
 * anything but 202.
 */
export async function load({ port, requests, connections, traceparent }: Load): Promise<void> {
  const each = Math.ceil(requests / connections);
  const trace = traceparent === undefined ? '' : `traceparent: ${traceparent}\r\n`;
  const fixed = 'host: bench\r\ncontent-type: application/json\r\nx-budget-ms: 2000\r\n';
  const head = `POST ${PATH} HTTP/1.1\r\n${fixed}${trace}`;
  const request = Buffer.from(`${head}content-length: ${Buffer.byteLength(BODY)}\r\n\r\n${BODY}`);
  await Promise.all(Array.from({ length: connections }, () => talk(connect(port, '127.0.0.1'), request, each)));
}

async function talk(socket: Socket, request: Buffer, count: number): Promise<void> {
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
    if (!seen.startsWith('HTTP/1.1 202')) reject(new Error(seen.slice(0, 300)));
    seen = '';
    left -= 1;
    if (left > 0) socket.write(request);
    else resolve();
  });
  socket.write(request);
  await promise;
  socket.end();
}
