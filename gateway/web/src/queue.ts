import { keepAdmission } from './admission';
import { askQueue, readEvent, type QueuePlace } from './api';
import { announce, fill, h } from './dom';
import { count, roughly } from './format';
import { signedIn } from './gate';
import { ShopProblem } from './http';
import { TroubleSpot } from './notice';
import { poll } from './patience';
import { navigate, type Place } from './router';
import { endSession } from './session';
import { isSessionEnd } from './sign-in';
import { read, write } from './store';

const SHORTEST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 10_000;
const POLLS_A_WAIT = 10; // where the shop names no wait of its own

/** The waiting room: says where the buyer stands, and goes on by itself. A reload keeps the place, because the
 *  shop keeps it. */
export function queuePage(place: Place): void {
  const { main, parameters, signal } = place;
  const eventId = parameters['eventId'] ?? '';
  place.title('Waiting room');
  const name = h('p', { class: 'facts' });
  main.append(h('h1', {}, 'Waiting room'), name);
  void readEvent(eventId, signal).then(
    (event) => fill(name, h('span', {}, event.name), h('span', {}, event.venue.name)),
    () => undefined,
  );
  if (!signedIn(place, 'Sign in to take your place. It is yours from then on, on any device.')) return;
  const view = new QueueView(eventId);
  main.append(view.trouble.element, view.element);
  let joined = false;
  const ask = async (): Promise<number | 'stop'> => {
    const { place: standing, retryAfterMs } = await askQueue(joined ? 'GET' : 'POST', eventId, signal);
    joined = true;
    view.trouble.clear();
    if (standing.state === 'admitted') {
      keepAdmission(eventId, standing.admissionToken);
      announce('It is your turn');
      navigate(`/events/${eventId}${location.search}`, { replace: true });
      return 'stop';
    }
    view.draw(standing);
    document.title = `${count(standing.position)} · Waiting room · Stampede`;
    return retryAfterMs ?? pollMs(standing);
  };
  const rejoining = (error: unknown): Promise<void> | void => {
    if (signal.aborted) return;
    if (error instanceof ShopProblem && error.status === 404 && joined) {
      joined = false; // the shop lost the place, which a new one is better than
      return run();
    }
    if (isSessionEnd(error)) return endSession();
    view.trouble.problem(error, h('a', { href: '/', class: 'button' }, 'See all matches'));
  };
  // Also in a hidden tab: whoever waits does something else meanwhile, and a turn is not kept for ever.
  const polling = { everyMs: LONGEST_WAIT_MS, signal, onTrouble: view.trouble.waiting, evenHidden: true };
  const run = (): Promise<void> => poll(ask, polling).catch(rejoining);
  void run();
}

function pollMs(standing: QueuePlace): number {
  return Math.min(LONGEST_WAIT_MS, Math.max(SHORTEST_WAIT_MS, (standing.estimatedWaitSeconds * 1_000) / POLLS_A_WAIT));
}

class QueueView {
  readonly trouble = new TroubleSpot();
  private readonly position = h('strong', { class: 'position' });
  private readonly wait = h('span', {});
  private readonly bar = h('progress', { 'aria-label': 'Way to the front' });
  private spoken = '';
  readonly element = h('div', { class: 'queue' }, h('p', { class: 'loading' }, 'Taking your place…'));

  constructor(private readonly eventId: string) {}

  draw({ position, estimatedWaitSeconds }: QueuePlace): void {
    const kept = read<number>(`queue.${this.eventId}`) ?? 0;
    const started = Math.max(kept, position);
    if (started !== kept) write(`queue.${this.eventId}`, started);
    if (!this.position.isConnected) {
      fill(
        this.element,
        h('p', { class: 'standing' }, h('span', {}, 'Your place'), this.position),
        this.bar,
        h('p', {}, 'Estimated wait: ', this.wait, '.'),
        h(
          'p',
          { class: 'hint' },
          'Keep this page open. It goes on by itself when it is your turn. Reloading it does not cost you your place.',
        ),
      );
    }
    const wait = roughly(estimatedWaitSeconds);
    this.position.textContent = count(position);
    this.wait.textContent = wait;
    this.bar.max = started;
    this.bar.value = started - position;
    if (wait !== this.spoken) announce(`Your place is ${count(position)}. Estimated wait: ${wait}.`);
    this.spoken = wait;
  }
}
