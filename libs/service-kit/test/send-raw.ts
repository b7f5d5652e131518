import { once } from 'node:events';
import { connect } from 'node:net';

/** Sends bytes as they are: clients tidy up what is to be tested. */
export async function sendRaw(url: string, bytes: string | Buffer) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk)).on('error', () => undefined);
  socket.write(bytes);
  await once(socket, 'close');
  const [head = '', body = ''] = Buffer.concat(chunks).toString().split('\r\n\r\n', 2);
  const header = (name: string) => new RegExp(`^${name}: (.*)$`, 'im').exec(head.replaceAll('\r', ''))?.[1];
  return {
    status: Number(head.split(' ')[1]),
    header,
    body: body.startsWith('{') ? (JSON.parse(body) as Record<string, unknown>) : {},
  };
}
