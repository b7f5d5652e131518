import { setTimeout as delay } from 'node:timers/promises';
import type { LabCluster } from '../lab-cluster';
import { elsewhereOf, podOf } from './probes';
import type { Asker, AskedCell, Cell, Outcome } from './cell';

/** Runs in the asker's pod: questions by standard input, answers by standard output, a few at a time. */
const SCRIPT = `
const { request } = require('node:http');
const { connect } = require('node:net');
const questions = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
const answers = [];
const opens = ({ host, port }) => new Promise((tell) => {
  const socket = connect({ host, port });
  const end = (status) => { socket.destroy(); tell({ status }); };
  socket.setTimeout(3000, () => end(0));
  socket.once('connect', () => end(1)).once('error', () => end(0));
});
const asks = ({ host, port, method, path }) => new Promise((tell) => {
  const options = { host, port, method, path, agent: false, headers: { 'content-type': 'application/json' } };
  const asked = request(options, (answer) => {
    let body = '';
    answer.on('data', (chunk) => (body += chunk).length > 200 && answer.destroy());
    answer.once('close', () => tell({ status: answer.statusCode, body: body.slice(0, 80) }));
  });
  asked.setTimeout(5000, () => asked.destroy());
  asked.once('error', () => tell({ status: 0 }));
  asked.end(method === 'GET' || method === 'DELETE' ? undefined : '{');
});
const work = async () => {
  for (let next; (next = questions.findIndex((each) => each !== undefined)) !== -1; ) {
    const question = questions[next];
    delete questions[next];
    answers[next] = await (question.method === undefined ? opens(question) : asks(question));
  }
};
Promise.all(Array.from({ length: questions.some(({ method }) => method === undefined) ? 60 : 8 }, work)).then(() =>
  process.stdout.write(JSON.stringify(answers)));
`;

const TIMES_AGAIN = 2;
const PAUSE_MS = 2_000;
/** A UUIDv7 in form that names nothing. */
export const NOBODY = '01890000-0000-7000-8000-000000000000';

export interface Answer {
  readonly status: number;
  readonly body?: string;
}

/** Where cells that open a connection alone find whom they ask, by `callee`; HTTP goes by the Service's name. */
export type Addresses = ReadonlyMap<string, string>;

/** One asker's questions, from its pod. With `again` what nobody decided is asked up to twice more. */
export async function ask(
  cluster: LabCluster,
  asker: Asker,
  cells: readonly Cell[],
  addresses: Addresses,
  again: boolean,
): Promise<AskedCell[]> {
  const asked = await askOnce(cluster, asker, cells, addresses);
  for (let time = 0; again && time < TIMES_AGAIN; time += 1) {
    const undecided = asked.filter(isUndecided);
    if (undecided.length === 0) break;
    await delay(PAUSE_MS);
    const answers = await askOnce(cluster, asker, undecided, addresses);
    answers.forEach((answer, index) => asked.splice(asked.indexOf(undecided[index] ?? answer), 1, answer));
  }
  return asked;
}

async function askOnce(cluster: LabCluster, asker: Asker, cells: readonly Cell[], addresses: Addresses) {
  const questions = cells.map(({ callee, port, method, path }) => ({
    host: method === undefined ? addresses.get(callee) : `${callee}.${cluster.namespace}.svc.cluster.local`,
    ...{ port, method },
    path: path?.replaceAll(/\{\w+\}/g, NOBODY),
  }));
  const namespace = asker.namespace === 'shop' ? cluster.namespace : elsewhereOf(cluster);
  const exec = ['exec', '--stdin', podOf(asker), `--namespace=${namespace}`, '--container=app', '--'];
  const said = await cluster.kubectl([...exec, '/nodejs/bin/node', '-e', SCRIPT], JSON.stringify(questions));
  const answers = JSON.parse(said) as readonly Answer[];
  return cells.map((cell, index): AskedCell => ({ ...cell, outcome: outcomeInMesh(answers[index] ?? { status: 0 }) }));
}

/** What an answer means within the mesh, which refuses in words of its own; what the service says is an answer. */
export function outcomeInMesh({ status, body = '' }: Answer): Outcome {
  if (status === 0) return 'no connection';
  if (status === 403 && body.startsWith('RBAC: access denied')) return 'refused';
  if (status === 502 || (status === 503 && !body.startsWith('{'))) return 'unavailable';
  return 'answered';
}

/** Nobody was there to answer or to refuse: on a busy machine a pod is away for a moment. */
function isUndecided({ expected, outcome }: AskedCell): boolean {
  return outcome === 'unavailable' || (outcome === 'no connection' && expected !== 'no connection');
}
