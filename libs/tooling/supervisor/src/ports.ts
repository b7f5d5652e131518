import { createServer } from 'node:net';
import type { Endpoint } from './plan';
import { Refusal } from './refusal';

/** All addresses of the machine first: that also meets a listener on any single one of them. */
const HOSTS = ['::', '127.0.0.1'];

/** @throws Refusal that names the first busy port and what the shop needs it for */
export async function assertPortsFree(endpoints: readonly Endpoint[]): Promise<void> {
  const busy = await Promise.all(
    endpoints.map(async ({ port }) => (await Promise.all(HOSTS.map((host) => isBusy(host, port)))).includes(true)),
  );
  const found = endpoints.find((_, index) => busy[index]);
  if (found === undefined) return;
  throw new Refusal(
    `port ${found.port} is busy, ${found.owner} needs it: stop what holds it, or move all ports with STAMPEDE_PORT_BASE (8000 unless set)`,
  );
}

function isBusy(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code === 'EADDRINUSE' || error.code === 'EACCES'),
    );
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => resolve(false)));
  });
}
