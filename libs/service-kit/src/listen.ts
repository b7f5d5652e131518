import type { Server } from 'node:net';

/** A port that this process was told to use cannot be used; the message says what to do. */
export class PortTaken extends Error {
  constructor(
    readonly port: number,
    options: ErrorOptions,
  ) {
    super(`port ${port} is in use: stop what listens there, or set STAMPEDE_PORT_BASE to move all ports`, options);
  }
}

/** Listens and tells the real port (0 takes a free one). @throws PortTaken */
export function listenOn(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => reject(portError(cause, port)));
    server.listen(port, host, () => resolve((server.address() as { port: number }).port));
  });
}

export function portError(error: unknown, port: number): unknown {
  return (error as { code?: unknown }).code === 'EADDRINUSE' ? new PortTaken(port, { cause: error }) : error;
}
