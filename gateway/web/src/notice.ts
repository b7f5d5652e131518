import { h, fill, type Child } from './dom';
import { mayPass, type Wait } from './patience';
import { explain, type Words } from './words';

export type Tone = 'problem' | 'info' | 'good';

/** A boxed message. Problems interrupt a screen reader, the others wait their turn. */
export function notice(tone: Tone, words: Words, ...actions: Child[]): HTMLElement {
  const hasActions = actions.some(Boolean);
  return h(
    'div',
    { class: `notice ${tone}`, role: tone === 'problem' ? 'alert' : 'status' },
    h('p', { class: 'notice-title' }, words.title),
    h('p', {}, words.text),
    hasActions && h('p', { class: 'actions' }, ...actions),
  );
}

/** The place on a page where trouble is explained. Empty, it takes no room. */
export class TroubleSpot {
  readonly element = h('div', { class: 'trouble' });
  private timer: ReturnType<typeof setInterval> | undefined;

  clear(): void {
    clearInterval(this.timer);
    fill(this.element);
  }

  show(tone: Tone, words: Words, ...actions: Child[]): void {
    this.clear();
    fill(this.element, notice(tone, words, ...actions));
  }

  /** Explains a final problem. */
  problem(error: unknown, ...actions: Child[]): void {
    this.show('problem', explain(error), ...actions);
  }

  /** Explains a wait before the next attempt; the seconds tick for the eye only. */
  readonly waiting = (wait: Wait): void => {
    const words = explain(wait.error);
    const seconds = h('span', { 'aria-hidden': 'true' });
    const until = Date.now() + wait.waitMs;
    const tick = () => (seconds.textContent = `Next try in ${Math.max(1, Math.ceil((until - Date.now()) / 1_000))} s`);
    const shown = this.element.querySelector('.notice-title')?.textContent;
    const again = h('button', { type: 'button', class: 'quiet', click: () => wait.tryNow() }, 'Try now');
    if (shown === words.title) {
      // The same trouble again: only the clock changes, so that it is not read out a second time.
      fill(this.element.querySelector('.actions') ?? this.element, seconds, again);
      clearInterval(this.timer);
    } else {
      this.show(mayPass(wait.error) ? 'info' : 'problem', words, seconds, again);
    }
    tick();
    this.timer = setInterval(tick, 250);
  };
}
