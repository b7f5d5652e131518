import type { Commands } from './commands';
import { find, kubectl } from './kubectl';
import { exists } from './nodes';

interface Quantities {
  readonly cpu?: string;
  readonly memory?: string;
}
interface Container {
  readonly name: string;
  readonly restartPolicy?: string;
  readonly resources?: { readonly requests?: Quantities };
}
interface Pods {
  readonly items: readonly {
    readonly metadata: {
      readonly name: string;
      readonly namespace: string;
      readonly labels?: Readonly<Record<string, string>>;
    };
    readonly spec: { readonly containers: readonly Container[]; readonly initContainers?: readonly Container[] };
    readonly status: { readonly phase: string };
  }[];
}
interface Usage {
  readonly items: readonly {
    readonly metadata: { readonly name: string; readonly namespace: string };
    readonly containers: readonly { readonly usage: Quantities }[];
  }[];
}

/** What a workload asks for and what it uses now; CPU in thousandths of one. */
export interface Row {
  readonly namespace: string;
  readonly workload: string;
  readonly pods: number;
  readonly requestedCpuMilli: number;
  readonly usedCpuMilli: number;
  readonly requestedBytes: number;
  readonly usedBytes: number;
}

const MIB = 2 ** 20;

/** A table of what runs, with requests and use, and its sum; one line where there is no cluster. */
export async function clusterStatus(commands: Commands): Promise<readonly string[]> {
  if (!(await exists(commands))) return ['there is no cluster: `npx stampede cluster up` makes one'];
  const pods = (await find<Pods>(commands, ['pods', '--all-namespaces'])) ?? { items: [] };
  const usage = JSON.parse(await kubectl(commands, ['get', '--raw', '/apis/metrics.k8s.io/v1beta1/pods'])) as Usage;
  return tableOf(rowsOf(pods, usage));
}

/** One row a workload; native sidecars count, init containers that have ended do not. */
export function rowsOf(pods: Pods, usage: Usage): Row[] {
  const used = new Map(
    usage.items.map(({ metadata, containers }) => [keyOf(metadata), containers.map((c) => c.usage)]),
  );
  const rows = new Map<string, Row>();
  for (const { metadata, spec, status } of pods.items) {
    if (status.phase === 'Succeeded' || status.phase === 'Failed') continue;
    const running = [...spec.containers, ...(spec.initContainers ?? []).filter((c) => c.restartPolicy === 'Always')];
    const requests = running.map((container) => container.resources?.requests ?? {});
    const workload = workloadOf(metadata.name, metadata.labels);
    const key = `${metadata.namespace}/${workload}`;
    const before = rows.get(key);
    rows.set(key, {
      namespace: metadata.namespace,
      workload,
      pods: (before?.pods ?? 0) + 1,
      requestedCpuMilli: (before?.requestedCpuMilli ?? 0) + sum(requests, ({ cpu }) => milli(cpu)),
      usedCpuMilli: (before?.usedCpuMilli ?? 0) + sum(used.get(keyOf(metadata)) ?? [], ({ cpu }) => milli(cpu)),
      requestedBytes: (before?.requestedBytes ?? 0) + sum(requests, ({ memory }) => bytes(memory)),
      usedBytes: (before?.usedBytes ?? 0) + sum(used.get(keyOf(metadata)) ?? [], ({ memory }) => bytes(memory)),
    });
  }
  return [...rows.values()].toSorted((a, b) =>
    `${a.namespace}/${a.workload}` < `${b.namespace}/${b.workload}` ? -1 : 1,
  );
}

/** Kubernetes' quantities: `50m`, `1`, `1234567n`. */
export function milli(quantity = '0'): number {
  const amount = Number.parseFloat(quantity);
  if (quantity.endsWith('n')) return amount / 1e6;
  if (quantity.endsWith('u')) return amount / 1e3;
  return quantity.endsWith('m') ? amount : amount * 1_000;
}

export function bytes(quantity = '0'): number {
  const units: Readonly<Record<string, number>> = { Ki: 2 ** 10, Mi: MIB, Gi: 2 ** 30, k: 1e3, M: 1e6, G: 1e9 };
  return Number.parseFloat(quantity) * (units[/[A-Za-z]+$/.exec(quantity)?.[0] ?? ''] ?? 1);
}

function tableOf(rows: readonly Row[]): string[] {
  const total: Row = {
    namespace: '',
    workload: 'all',
    pods: sum(rows, (row) => row.pods),
    requestedCpuMilli: sum(rows, (row) => row.requestedCpuMilli),
    usedCpuMilli: sum(rows, (row) => row.usedCpuMilli),
    requestedBytes: sum(rows, (row) => row.requestedBytes),
    usedBytes: sum(rows, (row) => row.usedBytes),
  };
  const head = ['namespace', 'workload', 'pods', 'CPU asked', 'CPU used', 'MiB asked', 'MiB used'];
  const cells = [...rows, total].map((row) => [
    row.namespace,
    row.workload,
    ...[row.pods, row.requestedCpuMilli, row.usedCpuMilli, row.requestedBytes / MIB, row.usedBytes / MIB].map(
      (figure) => String(Math.round(figure)),
    ),
  ]);
  const widths = head.map((title, column) => Math.max(title.length, ...cells.map((row) => row[column]?.length ?? 0)));
  return [head, ...cells].map((row) =>
    row
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  );
}

function workloadOf(pod: string, labels: Readonly<Record<string, string>> = {}): string {
  return (
    labels['app.kubernetes.io/name'] ??
    labels['gateway.networking.k8s.io/gateway-name'] ??
    labels['app'] ??
    labels['k8s-app'] ??
    labels['component'] ??
    pod
  );
}

function keyOf({ namespace, name }: { namespace: string; name: string }): string {
  return `${namespace}/${name}`;
}

function sum<T>(list: readonly T[], figure: (item: T) => number): number {
  return list.reduce((total, item) => total + figure(item), 0);
}
