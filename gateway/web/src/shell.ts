import { countdown } from './countdown';
import { fill, h } from './dom';
import { seats } from './format';
import { openHolds, sweepHolds } from './holds';
import { navigate, refresh } from './router';
import { endSession, onSessionChange, session } from './session';
import { askToSignIn } from './sign-in';

const HOLD_MS = 120_000;

/** Everything around the pages: navigation, account, the reminder of held seats, and word of a lost connection. */
export function drawShell(): void {
  sweepHolds();
  const account = part('#account');
  const holds = part('#holds');
  const connection = part('#connection');
  let shown = new AbortController();
  const draw = () => {
    shown.abort();
    shown = new AbortController();
    markCurrentLink();
    drawAccount(account);
    drawHolds(holds, shown.signal, draw);
  };
  const drawConnection = () => {
    fill(
      connection,
      !navigator.onLine && h('p', {}, 'You are offline. Everything is kept; we go on when the connection is back.'),
    );
  };
  document.addEventListener('shop:page', draw);
  onSessionChange(draw, new AbortController().signal);
  addEventListener('online', drawConnection);
  addEventListener('offline', drawConnection);
  drawConnection();
}

function part(selector: string): HTMLElement {
  return document.querySelector<HTMLElement>(selector) ?? document.body;
}

function markCurrentLink(): void {
  for (const link of document.querySelectorAll<HTMLAnchorElement>('#navigation a')) {
    const current = link.pathname === '/' ? location.pathname === '/' : location.pathname.startsWith(link.pathname);
    if (current) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
}

function drawAccount(account: HTMLElement): void {
  const buyer = session();
  if (buyer) {
    const leave = () => {
      endSession();
      navigate('/');
    };
    fill(
      account,
      h(
        'span',
        { class: 'email', title: buyer.email },
        h('span', { class: 'visually-hidden' }, 'Signed in as '),
        buyer.email,
      ),
      h('button', { type: 'button', class: 'quiet', click: leave }, 'Sign out'),
    );
    return;
  }
  const enter = () => void askToSignIn('Sign in').then(refresh, () => undefined);
  fill(account, h('button', { type: 'button', class: 'quiet', click: enter }, 'Sign in'));
}

/** Held seats are easily forgotten on another page, and they do not last. */
function drawHolds(place: HTMLElement, signal: AbortSignal, redraw: () => void): void {
  const held = openHolds().find(({ hold }) => location.pathname !== `/checkout/${hold.holdId}`);
  if (!held) return fill(place);
  const { hold, event, attempt } = held;
  fill(
    place,
    h(
      'p',
      {},
      attempt ? 'Your payment is not answered yet: ' : 'You hold ',
      h('strong', {}, `${seats(hold.seats.length)} for ${event.name}`),
    ),
    !attempt && countdown({ until: hold.expiresAt, lengthMs: HOLD_MS, label: 'Time left', signal, onEnd: redraw }),
    h('a', { href: `/checkout/${hold.holdId}`, class: 'button' }, attempt ? 'See how it goes' : 'Go to checkout'),
  );
}
