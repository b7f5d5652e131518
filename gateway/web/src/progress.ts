import type { Order, TimelineEntry } from '@stampede/contracts';
import { h } from './dom';
import { clockTime } from './format';
import { stepWords, type StepState } from './words';

type Step = TimelineEntry['step'];

const way: readonly Step[] = ['placed', 'confirm-hold', 'capture', 'issue-tickets', 'settle'];

interface Line {
  readonly step: Step;
  readonly state: StepState;
  readonly at: string | undefined;
  readonly unsure: boolean;
}

/** The order's steps, done, present and to come; `spoken` is the present one in words. */
export function progress(order: Order): { element: HTMLElement; spoken: string } {
  const lines = linesOf(order);
  const present = lines.find(({ state }) => state === 'now') ?? lines.at(-1);
  const element = h('ol', { class: 'progress', 'aria-label': 'Progress of the order' }, lines.map(row));
  return { element, spoken: present ? stepWords(present.step, present.state) : '' };
}

function linesOf(order: Order): Line[] {
  const last = new Map(order.timeline.map((entry) => [entry.step, entry]));
  const undoing =
    order.timeline.some(({ step }) => !way.includes(step)) ||
    (order.status !== 'pending' && order.status !== 'confirmed');
  const planned = undoing ? way.filter((step) => last.has(step)) : way;
  const undone = order.timeline.filter(
    ({ step }, index) => !way.includes(step) && order.timeline.findIndex((entry) => entry.step === step) === index,
  );
  const steps = [...planned, ...undone.map(({ step }) => step)];
  const firstOpen = steps.findIndex((step) => last.get(step)?.outcome !== 'done');
  return steps.map((step, index) => {
    const entry = last.get(step);
    return {
      step,
      state: stateOf(order, entry, index === firstOpen),
      at: entry?.at,
      unsure: entry?.outcome === 'unknown',
    };
  });
}

function stateOf(order: Order, entry: TimelineEntry | undefined, present: boolean): StepState {
  if (entry?.outcome === 'done' || (order.status === 'confirmed' && !entry)) return 'done';
  if (entry && entry.outcome !== 'unknown') return 'failed';
  return present && order.status === 'pending' ? 'now' : 'later';
}

function row({ step, state, at, unsure }: Line): HTMLElement {
  const asking =
    unsure && state === 'now' ? 'The bank’s answer got lost. We are asking it again; you pay at most once.' : '';
  return h(
    'li',
    { class: state, ...(state === 'now' ? { 'aria-current': 'step' } : {}) },
    h('span', {}, stepWords(step, state), asking && h('span', { class: 'hint' }, asking)),
    at && state !== 'now' ? h('time', { datetime: at }, clockTime(at)) : null,
  );
}
