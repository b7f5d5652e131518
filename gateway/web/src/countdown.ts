import { announce, h } from './dom';
import { shopNow } from './clock';
import { minutes } from './format';

export interface Countdown {
  readonly until: string;
  /** What the bar shows as full, in ms. */
  readonly lengthMs: number;
  readonly label: string;
  readonly signal: AbortSignal;
  readonly onEnd?: () => void;
}

const MILESTONES_SECONDS = [60, 30, 10];
const LAST_STRETCH_SECONDS = 30;
const TICK_MS = 250;

/** Time left until an instant of the shop's clock. Visible every second; spoken only at milestones, or nothing
 *  else could be heard. */
export function countdown({ until, lengthMs, label, signal, onEnd }: Countdown): HTMLElement {
  const digits = h('span', { class: 'digits' });
  const bar = h('progress', { max: lengthMs, 'aria-hidden': 'true' });
  const element = h(
    'div',
    { class: 'countdown', role: 'timer', 'aria-label': label },
    h('span', { class: 'label' }, label),
    digits,
    bar,
  );
  const endMs = Date.parse(until);
  let shown = Number.POSITIVE_INFINITY;
  const tick = () => {
    const leftMs = Math.min(lengthMs, Math.max(0, endMs - shopNow()));
    const seconds = Math.ceil(leftMs / 1_000);
    bar.value = leftMs;
    if (seconds === shown) return;
    const passed = MILESTONES_SECONDS.find(
      (milestone) => shown > milestone && seconds <= milestone && Number.isFinite(shown),
    );
    if (passed !== undefined) announce(`${seconds} seconds left`);
    shown = seconds;
    digits.textContent = minutes(seconds);
    element.classList.toggle('soon', seconds <= LAST_STRETCH_SECONDS);
    if (seconds > 0) return;
    clearInterval(timer);
    onEnd?.();
  };
  const timer = setInterval(tick, TICK_MS);
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  queueMicrotask(tick);
  return element;
}
