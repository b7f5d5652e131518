import type { CrowdResult, RouteResult } from '@stampede/crowd';

const WIDTH = 14;

/** One line a second while a crowd is at the shop. */
export function onsaleProgress({ arrived, present, orders, ends, dropped }: CrowdResult): string {
  const away = [...ends].filter(([end]) => end.startsWith('turned-away')).reduce((sum, [, count]) => sum + count, 0);
  const counts = { arrived, present, orders: orders.size, 'turned away': away, ...(dropped === 0 ? {} : { dropped }) };
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`.padEnd(WIDTH + name.length - 6))
    .join('  ');
}

/** What the crowd saw: latencies by route, how visits ended, orders by state. */
export function onsaleReport(result: CrowdResult): string[] {
  const { arrived, dropped, routes, ends, orders } = result;
  const states = Map.groupBy(orders.values(), ({ status }) => status);
  return [
    '',
    row('route', 'calls', 'p50 ms', 'p95 ms', 'p99 ms', 'statuses'),
    ...[...routes].map(([name, route]) => routeRow(name, route)),
    '',
    `visitors: ${arrived}${dropped === 0 ? '' : `, ${dropped} not sent: this machine could not`}`,
    ...[...ends].toSorted(([, a], [, b]) => b - a).map(([end, count]) => `  ${end.padEnd(2 * WIDTH)} ${count}`),
    `orders: ${orders.size}`,
    ...[...states].map(([status, list]) => `  ${status.padEnd(2 * WIDTH)} ${list.length}`),
  ];
}

function routeRow(name: string, { latency, statuses }: RouteResult): string {
  const percentile = (share: number) => String(latency.percentileMs(share));
  const seen = [...statuses]
    .toSorted(([a], [b]) => a - b)
    .map(([status, count]) => `${status === 0 ? 'none' : status} x${count}`);
  return row(name, String(latency.count), percentile(0.5), percentile(0.95), percentile(0.99), seen.join(' '));
}

function row(name: string, ...cells: readonly string[]): string {
  const numbers = cells.slice(0, -1).map((cell) => cell.padStart(8));
  return `${name.padEnd(WIDTH)}${numbers.join('')}  ${cells.at(-1)}`;
}
