import { spawn } from 'node:child_process';

/** A way from this machine to a port inside the cluster. */
export interface Forward {
  readonly url: string;
  close(): void;
}

export interface ForwardTarget {
  readonly namespace: string;
  /** `deployment/gateway`, `service/prometheus`. */
  readonly target: string;
  readonly port: number;
}

export type OpenForward = (target: ForwardTarget) => Promise<Forward>;

const OPENS_MS = 20_000;

/** By kubectl, which goes through the node and so is asked by no policy of the network. @throws Error in its words */
export function forwardTo(context: string): OpenForward {
  return ({ namespace, target, port }) =>
    new Promise((resolve, reject) => {
      const args = [`--context=${context}`, `--namespace=${namespace}`, 'port-forward', target, `:${port}`];
      const child = spawn('kubectl', args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
      const close = () => void child.kill('SIGTERM');
      const late = setTimeout(() => fail(`no answer in ${OPENS_MS / 1_000} s`), OPENS_MS);
      let [said, complaint] = ['', ''];
      const fail = (why: string) => {
        clearTimeout(late);
        close();
        reject(new Error(`no way to ${target} of ${namespace}: ${why}`));
      };
      child.stdout.on('data', (chunk: Buffer) => {
        const local = /Forwarding from 127\.0\.0\.1:(\d+)/.exec((said += chunk.toString()))?.[1];
        if (local === undefined) return;
        clearTimeout(late);
        resolve({ url: `http://127.0.0.1:${local}`, close });
      });
      child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
      child.once('error', ({ message }) => fail(message));
      child.once('close', () => fail(complaint.trim()));
    });
}

/** Opened when it is first needed, and again when it has broken: the pod behind it may have gone. */
export class KeptForward {
  private opened: Promise<Forward> | undefined;

  constructor(
    private readonly open: OpenForward,
    private readonly target: ForwardTarget,
  ) {}

  /** @throws Error in the words of the second try, with the first one's as its cause */
  async use<T>(work: (url: string) => Promise<T>): Promise<T> {
    const opened = this.way();
    try {
      return await work((await opened).url);
    } catch (cause) {
      if (this.opened === opened) await this.close(); // else another caller has opened a new one, and uses it
      try {
        return await work((await this.way()).url);
      } catch (error) {
        throw new Error(error instanceof Error ? error.message : String(error), { cause });
      }
    }
  }

  async close(): Promise<void> {
    const { opened } = this;
    this.opened = undefined;
    await opened?.then(({ close }) => close()).catch(() => undefined); // it never opened
  }

  private way(): Promise<Forward> {
    return (this.opened ??= this.open(this.target));
  }
}
