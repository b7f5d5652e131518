import { fork } from 'node:child_process'; import { once } from 'node:events'; import { load } from './load.ts';
const child = fork(new URL(process.argv[2]!, import.meta.url), { execArgv: ['--cpu-prof', '--cpu-prof-dir=/tmp/kit/prof', '--cpu-prof-interval=200', '--min-semi-space-size=16'], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
const [{ port }] = (await once(child, 'message')) as any;
await load({ port, requests: 60000, connections: 16 });
child.disconnect(); await once(child, 'exit');
