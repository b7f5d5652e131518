import { setTimeout as delay } from 'node:timers/promises';
import { PROVIDER } from '@stampede/topology';
import type { Fault, Lab } from '../../lab';
import { atMostOnce } from '../../strikes';
import { clusterOf, type LabCluster } from '../lab-cluster';
import { ask, type Addresses } from './ask';
import { cellInWords, type AskedCell, type Asker, type Cell } from './cell';
import { THE_EDGE, askEdge, edgeCells, tokensOf } from './edge-cells';
import { MESH_ASKERS, meshCells } from './mesh-cells';
import { NETWORK_ASKERS, networkCells } from './network-cells';
import { batchesOf, cellsAbout, isOneOf } from './line-cells';
import { policyLines, withoutLines, type PolicyLine } from './policy-lines';
import { probes } from './probes';

/** The kinds of lines in a run's journal that a check reads. */
export const ACCESS_EVENTS = { wall: 'access wall asked', line: 'policy line removed' } as const;

/** Proxies and nodes usually hear of a policy within that. */
const HEARD_MS = 2_000;
/** Longer on a busy machine; a line that no cell has noticed by then is told as such. */
const TIMES = 5;
const ASKERS_AT_A_TIME = 4;
const SHOWN = 12;
const ASKERS: readonly Asker[] = [...MESH_ASKERS, ...NETWORK_ASKERS];

/**
 * Everybody asks everybody for everything, from pods with certificates, without, and without the mesh; then policy
 * lines are removed in a seeded order, and the cells of each are asked again. Ends by itself when
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
    this.tell('mesh', await this.askAll(meshCells()));
    this.tell('network', await this.askAll(networkCells()));
    this.tell('edge', await this.askAll(edgeCells()));
    await this.removeLines();
  }

  private async removeLines(): Promise<void> {
    const lines = shuffled(await policyLines(this.cluster), this.lab.random);
    for (const batch of batchesOf(lines.map((line) => ({ line, cells: cellsAbout(line) })))) {
      if (this.stopping || this.lab.signal.aborted) return;
      const { undo } = await this.cluster.change(withoutLines(batch.map(({ line }) => line)));
      const asked = await this.untilNoticed(batch.map(({ cells }) => cells));
      await undo();
      for (const { line, cells } of batch) this.tellLine(line, lines.length, asked.filter(isOneOf(cells)));
    }
  }

  /** What was asked last of each line's cells: again while one has none that is red, for a proxy may hear late. */
  private async untilNoticed(lines: readonly (readonly Cell[])[]): Promise<AskedCell[]> {
    let asked: AskedCell[] = [];
    const isNoticed = (cells: readonly Cell[]) => asked.filter(isOneOf(cells)).some(isWrong);
    for (let time = 0; time < TIMES; time += 1) {
      const left = lines.filter((cells) => !isNoticed(cells)).flat();
      if (left.length === 0) break;
      await delay(HEARD_MS);
      const isAgain = isOneOf(left);
      asked = [...asked.filter((cell) => !isAgain(cell)), ...(await this.askAll(left, false))];
    }
    return asked;
  }

  private tellLine({ words, wall }: PolicyLine, lines: number, asked: readonly AskedCell[]): void {
    const red = asked.filter(isWrong);
    const first = red.slice(0, 1).map(inWords);
    this.lab.record(ACCESS_EVENTS.line, { words, wall, lines, red: red.length, first });
  }

  private async askAtEdge(cells: readonly Cell[]): Promise<AskedCell[]> {
    const tokens = await (this.tokens ??= tokensOf(this.cluster, Date.now()));
    return askEdge(this.lab.shop.url, cells, tokens);
  }

  /** A few askers at a time: each has a process of its own on few cores. */
  private async askAll(cells: readonly Cell[], again = true): Promise<AskedCell[]> {
    const atEdge = cells.filter(({ callee }) => callee === THE_EDGE);
    const asked = atEdge.length === 0 ? [] : await this.askAtEdge(atEdge);
    const left = ASKERS.map((asker) => ({ asker, own: cells.filter((cell) => cell.asker === asker.name) })).filter(
      ({ own }) => own.length > 0,
    );
    const worker = async () => {
      for (let next = left.pop(); next !== undefined; next = left.pop())
        asked.push(...(await ask(this.cluster, next.asker, next.own, this.addresses, again)));
    };
    await Promise.all(Array.from({ length: ASKERS_AT_A_TIME }, worker));
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
