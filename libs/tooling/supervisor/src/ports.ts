import { createServer } from 'node:net';
import type { Endpoint } from './plan';
import { Refusal } from './refusal';

/** All addresses of the machine first: that also meets a listener on any single one of them. */
const HOSTS = ['::', '127.0.0.1'];

/** @throws Refusal that names the first busy port and what the shop needs it for */
export async function assertPortsFree(endpoints: readonly Endpoint[]): Promise<void> {
  const busy = await Promise.all(endpoints.map(({ port }) => isBusy(port)));
  const found = endpoints.find((_, index) => busy[index]);
  if (found === undefined) return;
  const needed = `port ${found.port} is busy, ${found.owner} needs it`;
  throw new Refusal(`${needed}: stop what holds it, or move all ports with STAMPEDE_PORT_BASE (8000 unless set)`);
}

/** One host after the other: the probes would meet each other. */
async function isBusy(port: number): Promise<boolean> {
  for (const host of HOSTS) if (await isTaken(host, port)) return true;
  return false;
}

function isTaken(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code === 'EADDRINUSE' || error.code === 'EACCES'),
    );
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => resolve(false)));
  });
}
