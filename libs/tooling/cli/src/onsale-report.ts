import { problems } from '@stampede/contracts';
import type { CrowdResult, RouteResult } from '@stampede/crowd';

const WIDTH = 14;
const TURNED_AWAY = 'turned-away';
/** Of all visitors; below it a busy second is no more than that. */
const NOTABLE_SHARE = 0.05;
/** Of the statuses those with which a shop protects itself, not the ones that are the visitor's own affair. */
const BUSY = new Set([429, 503]);

/** One line a second while a crowd is at the shop. */
export function onsaleProgress({ arrived, present, orders, ends, dropped }: CrowdResult): string {
  const away = visitsThat(ends, (end) => end.startsWith(TURNED_AWAY));
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
    `orders, as last seen by their buyers: ${orders.size}`,
    ...[...states].map(([status, list]) => `  ${status.padEnd(2 * WIDTH)} ${list.length}`),
  ];
}

/** What it means where a notable part of the visitors was turned away by a busy shop; else nothing. */
export function whyTurnedAway({ arrived, ends }: CrowdResult): string[] {
  const away = visitsThat(ends, isBusy);
  if (away === 0 || away < arrived * NOTABLE_SHARE) return [];
  const share = Math.round((away / arrived) * 100);
  return [
    '',
    `${share} % of the visitors were turned away by a busy shop: it sheds what this machine cannot serve, so that ` +
      'what it accepts comes to its end; a smaller --rate-scale sends fewer',
  ];
}

function isBusy(end: string): boolean {
  if (!end.startsWith(TURNED_AWAY)) return false;
  const code = end.slice(`${TURNED_AWAY}: `.length);
  return BUSY.has(code in problems ? problems[code as keyof typeof problems].status : Number(code));
}

function visitsThat(ends: CrowdResult['ends'], are: (end: string) => boolean): number {
  return [...ends].filter(([end]) => are(end)).reduce((sum, [, count]) => sum + count, 0);
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
