import { h } from './dom';
import { refresh, type Place } from './router';
import { onSessionChange, session } from './session';
import { askToSignIn } from './sign-in';

/** Whether a buyer is signed in. If not, the page offers to sign in and is drawn anew afterwards. */
export function signedIn(place: Place, why: string): boolean {
  const buyerId = session()?.buyerId;
  onSessionChange(() => {
    if (session()?.buyerId !== buyerId) refresh();
  }, place.signal);
  if (buyerId) return true;
  const enter = () => void askToSignIn('Sign in').catch(() => undefined);
  place.main.append(
    h('p', {}, why),
    h('p', { class: 'actions' }, h('button', { type: 'button', class: 'primary', click: enter }, 'Sign in')),
  );
  return false;
}
