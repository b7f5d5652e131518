// What an image costs: `node services/image/measure.mjs [service...]` prints its size and how long a container of it
// takes from its start to its first `ready`, with one CPU and with the stores that docker-compose.yml gives it.
// `--twice` builds each image again from nothing and tells whether the bytes are the same.
// Run `docker compose build` first. Everything that is started here is removed again; the volumes are its own.
import { execFileSync } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');
/** Beside a shop that runs: names, network and ports of its own. */
const PROJECT = 'stampede-measure';
const OWN = { STAMPEDE_SUBNET: '198.18.127.0/24', STAMPEDE_PORT: '0', STAMPEDE_ADMIN_PORT: '0' };
const STORES = ['postgres', 'redis', 'kafka'];
const STARTS = 5;
const GIVE_UP_MS = 60_000;
const POLL_MS = 5;
const BYTES_PER_MB = 1e6;

const run = (program, ...args) =>
  execFileSync(program, args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, ...OWN },
    stdio: ['ignore', 'pipe', 'inherit'],
  }).trim();
const docker = (...args) => run('docker', ...args);
const compose = (...args) => docker('compose', `--project-name=${PROJECT}`, '--env-file=.env.example', ...args);
const inspect = (what, format) => docker('inspect', `--format=${format}`, what);

const { services: all } = JSON.parse(compose('config', '--format=json'));
const built = Object.keys(all).filter((name) => all[name].build !== undefined);
const asked = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const unknown = asked.filter((name) => !built.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`no service of docker-compose.yml: ${unknown.join(' ')}\n`);
  process.exit(1);
}
const chosen = asked.length > 0 ? asked : built;
const quietly = (...args) => compose('--progress=quiet', ...args);

if (process.argv.includes('--twice')) builtTwice();
else await started();

/** Builds every image twice, the second time without a cache, and compares the layers and what is said about them. */
function builtTwice() {
  const bytesOf = (image) => inspect(image, '{{json .RootFS.Layers}} {{json .Config}} {{.Created}}');
  const build = (project, tag, ...options) => {
    const how = ['--quiet', '--file=services/Dockerfile', `--build-arg=PROJECT=${project}`, ...options];
    docker('build', ...how, `--tag=${tag}`, '.');
  };
  for (const name of chosen) {
    const project = all[name].build.args.PROJECT;
    const tags = [`stampede-measure/${name}:once`, `stampede-measure/${name}:again`];
    build(project, tags[0]);
    build(project, tags[1], '--no-cache');
    const same = bytesOf(tags[0]) === bytesOf(tags[1]);
    docker('image', 'rm', ...tags);
    process.stdout.write(`${name.padEnd(18)} ${same ? 'the same bytes' : 'DIFFERENT'}\n`);
    if (!same) process.exitCode = 1;
  }
}

async function started() {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.once(signal, () => {
      removeAll();
      process.exit(130);
    });
  try {
    quietly('up', '--wait', '--wait-timeout=180', ...STORES);
    quietly('up', '--no-start', '--no-deps', '--no-recreate', ...built);
    process.stdout.write(`${'service'.padEnd(18)}      MB   first ms   median ms   CPU ms\n`);
    for (const name of chosen) process.stdout.write(`${await rowOf(name)}\n`);
  } finally {
    removeAll();
  }
}

function removeAll() {
  quietly('down', '--volumes', '--timeout=5');
}

async function rowOf(name) {
  const [container] = compose('ps', '--all', '--quiet', name).split('\n');
  docker('update', '--cpus=1', container);
  const starts = [];
  for (let start = 0; start < STARTS; start += 1) starts.push(await oneStart(container));
  const [first] = starts; // it makes the tables as well
  const middle = starts.slice(1).toSorted((a, b) => a.ms - b.ms)[Math.floor((STARTS - 1) / 2)];
  const megabytes = Number(inspect(all[name].image, '{{.Size}}')) / BYTES_PER_MB;
  const cells = [
    megabytes.toFixed(0).padStart(7),
    ...[first.ms, middle.ms, middle.cpuMs].map((ms) => ms.toFixed(0).padStart(9)),
  ];
  return `${name.padEnd(18)} ${cells.join('   ')}`;
}

/** From what Docker calls the start to the first answer that says ready. */
async function oneStart(container) {
  docker('start', container);
  const startedAt = Date.parse(inspect(container, '{{.State.StartedAt}}'));
  const address = inspect(container, '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}');
  while (!(await isReady(address))) {
    if (Date.now() - startedAt > GIVE_UP_MS) throw new Error(`${container} is not ready: docker logs ${container}`);
    await sleep(POLL_MS);
  }
  const ms = Date.now() - startedAt;
  const cpuMs = cpuOf(container);
  docker('stop', container);
  return { ms, cpuMs };
}

async function isReady(address) {
  try {
    const { status } = await fetch(`http://${address}:9090/readyz`, { signal: AbortSignal.timeout(1_000) });
    return status === 200;
  } catch {
    return false; // nobody listens yet
  }
}

/** Of all processes of a container, from Docker's own account. */
function cpuOf(container) {
  const ask = ['--silent', '--unix-socket', '/var/run/docker.sock'];
  const stats = run('curl', ...ask, `http://docker/containers/${container}/stats?stream=false&one-shot=true`);
  return JSON.parse(stats).cpu_stats.cpu_usage.total_usage / 1e6;
}
