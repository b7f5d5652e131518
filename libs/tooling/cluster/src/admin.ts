import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { Refusal } from '@stampede/supervisor';
import { CLUSTER, NAMESPACE } from './site';

/** Where `token`, `audit` and `onsale --url http://localhost:8081` look for the gateway's admin port. */
export const ADMIN_PORT = 9_101;
const POD_PORT = 9_090;
const AGAIN_MS = 1_000;

/** Runs one command until it ends or `signal` is aborted, and tells its exit code. */
export type Forwarding = (args: readonly string[], signal: AbortSignal) => Promise<number>;

/** Output is the user's: kubectl says what it forwards, and why it stops. */
export const byKubectl: Forwarding = (args, signal) =>
  new Promise((resolve, reject) => {
    const child = spawn('kubectl', [...args], { stdio: ['ignore', 'inherit', 'inherit'], signal });
    child.once('error', (error) => (signal.aborted ? resolve(0) : reject(new Refusal(`kubectl: ${error.message}`))));
    child.once('close', (code) => resolve(code ?? 0));
  });

/** Whether something listens at a port of this machine. */
export const listensHere = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const tell = (listens: boolean) => (): void => {
      socket.destroy();
      resolve(listens);
    };
    socket.once('connect', tell(true)).once('error', tell(false));
  });

interface Means {
  readonly forward?: Forwarding;
  readonly listens?: typeof listensHere;
  readonly pause?: () => Promise<void>;
}

/**
 * Keeps the gateway's admin port open on this machine until `signal` is aborted. No buyer reaches that port, neither
 * through the edge nor from another pod; whoever may forward ports of this cluster is its operator. A gateway that goes
 * away is replaced by the next one. @throws Refusal when the port is taken
 */
export async function forwardAdmin(
  signal: AbortSignal,
  { forward = byKubectl, listens = listensHere, pause = aWhile }: Means = {},
): Promise<void> {
  if (await listens(ADMIN_PORT)) throw new Refusal(`something listens at port ${ADMIN_PORT} already`);
  const context = [`--context=kind-${CLUSTER}`, `--namespace=${NAMESPACE}`];
  while (!signal.aborted) {
    await forward([...context, 'port-forward', 'deployment/gateway', `${ADMIN_PORT}:${POD_PORT}`], signal);
    if (!signal.aborted) await pause();
  }
}

function aWhile(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
}
