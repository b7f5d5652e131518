import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { LabServer } from '@stampede/faults';

export interface ServerCommand {
  readonly program: string;
  readonly args: readonly string[];
  /** Name of the container in which the server is, as signals to the program would not reach it. */
  readonly container?: string;
}

export interface OwnServerOptions {
  readonly address: string;
  readonly port: number;
  readonly version: string;
  readonly command: ServerCommand;
  readonly logFile: string;
  /** Told when it has started or ended. */
  readonly onPid: (pid: number | undefined) => void;
}

const START_MS = 120_000; // a first start may have to fetch an image or jars
const POLL_MS = 50;
const STOP_MS = 20_000;

/** A server that a run has started for itself. */
export class OwnServer implements LabServer {
  readonly address: string;
  readonly version: string;
  private child: ChildProcess | undefined;
  private exited: Promise<void> = Promise.resolve();

  constructor(private readonly options: OwnServerOptions) {
    this.address = options.address;
    this.version = options.version;
  }

  /** @throws Error when it ends, or is silent for two minutes */
  async start(): Promise<void> {
    const { command, logFile, port, onPid } = this.options;
    const log = openSync(logFile, 'a');
    // A group of its own: the terminal's Ctrl-C is not meant for it.
    const child = spawn(command.program, command.args, { stdio: ['ignore', log, log], detached: true });
    closeSync(log);
    this.child = child;
    this.exited = new Promise((resolve) => {
      child.once('error', () => resolve());
      child.once('exit', () => resolve());
    });
    void this.exited.then(() => {
      if (this.child === child) this.child = undefined;
      onPid(undefined);
    });
    onPid(child.pid);
    for (const deadline = Date.now() + START_MS; !(await takesConnections(port)); await delay(POLL_MS)) {
      if (this.child !== child) throw new Error(`${command.program} ended`);
      if (Date.now() > deadline) throw new Error(`${command.program} takes no connections`);
    }
  }

  async stop(how: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    this.send(how);
    const tooLong = setTimeout(() => this.send('SIGKILL'), STOP_MS);
    await this.exited;
    clearTimeout(tooLong);
  }

  private send(signal: 'SIGTERM' | 'SIGKILL'): void {
    const { container } = this.options.command;
    if (this.child === undefined) return;
    if (container === undefined) this.child.kill(signal);
    else spawn('docker', ['kill', '--signal', signal, container], { stdio: 'ignore' }).on('error', () => undefined);
  }
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const settle = (taken: boolean) => {
      socket.destroy();
      resolve(taken);
    };
    socket.once('connect', () => settle(true)).once('error', () => settle(false));
  });
}
