import { connect, type Socket } from 'node:net';

/**
 * Sends `requests` GETs over keep-alive connections, one in flight on each, and resolves when all are answered. Raw
 * sockets: the load is to cost the machine less than what it measures. Answers must end with `end`.
 */
export async function load(
  port: number,
  options: { requests: number; connections: number; headers: string; end: string },
): Promise<void> {
  const ask = `GET /orders/1 HTTP/1.1\r\nhost: bench\r\n${options.headers}\r\n`;
  let left = options.requests;
  const one = (socket: Socket): Promise<void> =>
    new Promise((resolve, reject) => {
      const next = (): void => {
        if (left === 0) return void (socket.destroy(), resolve());
        left -= 1;
        socket.write(ask);
      };
      socket.on('error', reject);
      socket.on('data', (chunk) => {
        const text = chunk.toString('latin1');
        if (!text.startsWith('HTTP/1.1 200')) return void reject(new Error(text));
        if (text.endsWith(options.end)) next();
      });
      next();
    });
  await Promise.all(Array.from({ length: options.connections }, () => one(connect(port, '127.0.0.1'))));
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Median and the middle half of the rounds. */
export function spread(values: readonly number[]): string {
  const [low, middle, high] = [0.25, 0.5, 0.75].map((share) => quantile(values, share).toFixed(1));
  return `${middle} (half of the rounds from ${low} to ${high})`;
}

function quantile(values: readonly number[], share: number): number {
  const ordered = [...values].sort((a, b) => a - b);
  const place = (ordered.length - 1) * share;
  const below = ordered[Math.floor(place)] as number;
  return below + ((ordered[Math.ceil(place)] as number) - below) * (place % 1);
}
