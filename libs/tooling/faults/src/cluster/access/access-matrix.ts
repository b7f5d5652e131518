import { setTimeout as delay } from 'node:timers/promises';
import { PROVIDER } from '@stampede/topology';
import type { Fault, Lab } from '../../lab';
import { atMostOnce } from '../../strikes';
import { clusterOf, type LabCluster } from '../lab-cluster';
import { ask, type Addresses } from './ask';
import { cellInWords, type AskedCell, type Asker, type Cell } from './cell';
import { askEdge, edgeCells, tokensOf } from './edge-cells';
import { MESH_ASKERS, meshCells } from './mesh-cells';
import { NETWORK_ASKERS, networkCells } from './network-cells';
import { policyLines, type PolicyLine } from './policy-lines';
import { probes } from './probes';

/** The kinds of lines in a run's journal that a check reads. */
export const ACCESS_EVENTS = { wall: 'access wall asked', line: 'policy line removed' } as const;

/** Proxies hear of a policy within that; the network's nodes are quicker. */
const HEARD_MS: Readonly<Record<PolicyLine['wall'], number>> = { mesh: 1_500, network: 600 };
const SHOWN = 12;

/**
 * Everybody asks everybody for everything, from pods with certificates, without, and without the mesh; then policy
 * lines are removed one at a time, in a seeded order, and the cells of that line are asked again. Ends by itself when
 * all lines were tried, or with the fault's time.
 */
export function accessMatrix(): Fault {
  return {
    name: 'everybody asks everybody for everything; then one policy line after the other is gone',
    async start(lab) {
      const cluster = clusterOf(lab);
      const { undo } = await cluster.change(await probes(cluster, MESH_ASKERS, NETWORK_ASKERS));
      const matrix = new Matrix(lab, cluster);
      const ended = matrix.run();
      ended.catch((error: unknown) => lab.record('the matrix ended early', { why: String(error) }));
      return {
        ended,
        undo: atMostOnce(async () => {
          await matrix.stop();
          await undo();
        }),
        seen: async () => ({ metric: 'cells of the matrix asked', value: matrix.asked, least: 2_000 }),
      };
    },
  };
}

class Matrix {
  asked = 0;
  private stopping = false;
  private running: Promise<void> = Promise.resolve();
  private addresses: Addresses = new Map();
  private tokens: ReturnType<typeof tokensOf> | undefined;

  constructor(
    private readonly lab: Lab,
    private readonly cluster: LabCluster,
  ) {}

  run(): Promise<void> {
    this.running = this.all();
    return this.running;
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.running.catch(() => undefined); // recorded by whoever started it
  }

  private async all(): Promise<void> {
    this.addresses = await addressesOf(this.cluster);
    this.tell('mesh', await this.askAll(MESH_ASKERS, meshCells()));
    this.tell('network', await this.askAll(NETWORK_ASKERS, networkCells()));
    this.tell('edge', await this.askAtEdge(edgeCells()));
    await this.removeLines();
  }

  private async removeLines(): Promise<void> {
    const lines = shuffled(await policyLines(this.cluster), this.lab.random);
    for (const { words, wall, without } of lines) {
      if (this.stopping || this.lab.signal.aborted) return;
      const { undo } = await this.cluster.change(without);
      await delay(HEARD_MS[wall]);
      const red = (await this.askAbout(words, wall)).filter(isWrong);
      await undo();
      const first = red.slice(0, 1).map(inWords);
      this.lab.record(ACCESS_EVENTS.line, { words, wall, lines: lines.length, red: red.length, first });
    }
  }

  private askAbout(words: string, wall: PolicyLine['wall']): Promise<AskedCell[]> {
    if (wall === 'network') return this.askAll(NETWORK_ASKERS, aboutNetworkLine(words), false);
    if (words.startsWith('edge-'))
      return this.askAtEdge(edgeCells().filter(({ asker, method }) => asker === 'buyer' && method === 'GET'));
    return this.askAll(MESH_ASKERS, aboutMeshLine(words), false);
  }

  private async askAtEdge(cells: readonly Cell[]): Promise<AskedCell[]> {
    const tokens = await (this.tokens ??= tokensOf(this.cluster, Date.now()));
    const asked = await askEdge(this.lab.shop.url, cells, tokens);
    this.asked += asked.length;
    return asked;
  }

  /** One asker after the other: each has a process of its own on few cores. */
  private async askAll(askers: readonly Asker[], cells: readonly Cell[], again = true): Promise<AskedCell[]> {
    const asked: AskedCell[] = [];
    for (const asker of askers) {
      const own = cells.filter((cell) => cell.asker === asker.name);
      if (own.length > 0) asked.push(...(await ask(this.cluster, asker, own, this.addresses, again)));
    }
    this.asked += asked.length;
    return asked;
  }

  private tell(wall: string, asked: readonly AskedCell[]): void {
    const wrong = asked.filter(isWrong);
    const allowed = asked.filter(({ expected }) => expected === 'answered').length;
    const first = wrong.slice(0, SHOWN).map(inWords);
    this.lab.record(ACCESS_EVENTS.wall, { wall, cells: asked.length, allowed, wrong: wrong.length, first });
  }
}

function isWrong({ expected, outcome }: AskedCell): boolean {
  return outcome !== expected;
}

function inWords(cell: AskedCell): string {
  return `${cellInWords(cell)}: ${cell.outcome}, not ${cell.expected}`;
}

/** Cells whose callee and asker the line's policy names; without `deny-all` those that nothing else refuses. */
function aboutMeshLine(words: string): Cell[] {
  const [policy = ''] = words.split(' ');
  if (policy === 'deny-all') return meshCells().filter(({ asker, method }) => asker === 'default' && method === 'GET');
  const [callee = '', caller = ''] = policy.split('-from-');
  const asker = caller === 'edge' ? 'edge-istio' : caller;
  return meshCells().filter((cell) => cell.asker === asker && cell.callee === callee && cell.expected === 'answered');
}

function aboutNetworkLine(words: string): Cell[] {
  const [policy = '', way = ''] = words.split(' ');
  const subject = policy.startsWith('deny-all-but') ? PROVIDER.name : policy;
  return networkCells().filter(
    ({ asker, callee, expected }) =>
      expected === 'answered' && (way === 'egress' ? asker === `${subject}-bare` : callee === subject),
  );
}

function shuffled<T>(list: readonly T[], random: () => number): T[] {
  return list
    .map((item) => ({ item, rank: random() }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}

interface Pods {
  readonly items: readonly {
    readonly metadata: { readonly labels: Readonly<Record<string, string>> };
    readonly status: { readonly podIP?: string; readonly phase: string };
  }[];
}

/** A pod of each service and store, by name. */
async function addressesOf(cluster: LabCluster): Promise<Addresses> {
  const label = 'app.kubernetes.io/name';
  const addresses = new Map<string, string>();
  for (const namespace of [cluster.namespace, PROVIDER.name]) {
    const { items = [] } =
      (await cluster.get<Pods>(['pods', `--namespace=${namespace}`, '--selector=!stampede/probe'])) ?? {};
    for (const { metadata, status } of items) {
      const name = metadata.labels[label];
      if (name !== undefined && status.phase === 'Running' && status.podIP !== undefined)
        addresses.set(name, status.podIP);
    }
  }
  return addresses;
}
