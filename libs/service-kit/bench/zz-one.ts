import { fork } from 'node:child_process'; import { once } from 'node:events'; import { load } from './load.ts';
for (const f of process.argv.slice(2)) {
const child = fork(new URL(f, import.meta.url), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: (process.env['XARGS'] ?? '').split(' ').filter(Boolean) });
const [{ port }] = (await once(child, 'message')) as any;
const cpu = async () => { child.send('c'); return ((await once(child, 'message')) as any)[0]; };
await load({ port, requests: 20000, connections: 16 });
const r = [];
for (let i = 0; i < 4; i++) { const a = await cpu(); await load({ port, requests: 20000, connections: 16 }); const b = await cpu(); r.push(((b.user - a.user) / 20000).toFixed(1) + '+' + ((b.system - a.system) / 20000).toFixed(1)); }
console.log(f, r.join(' '));
child.disconnect(); await once(child, 'exit');
}
