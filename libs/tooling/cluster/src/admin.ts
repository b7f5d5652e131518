import { spawn } from 'node:child_process';
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

/**
 * Keeps the gateway's admin port open on this machine until `signal` is aborted. No buyer reaches that port, neither
 * through the edge nor from another pod; whoever may forward ports of this cluster is its operator. A gateway that goes
 * away is replaced by the next one.
 */
export async function forwardAdmin(
  signal: AbortSignal,
  forward: Forwarding = byKubectl,
  pause: () => Promise<void> = () => new Promise((resolve) => setTimeout(resolve, AGAIN_MS)),
): Promise<void> {
  const context = [`--context=kind-${CLUSTER}`, `--namespace=${NAMESPACE}`];
  while (!signal.aborted) {
    await forward([...context, 'port-forward', 'deployment/gateway', `${ADMIN_PORT}:${POD_PORT}`], signal);
    if (!signal.aborted) await pause();
  }
}
