import { signIn } from './api';
import { h, isBusy, setBusy } from './dom';
import { ShopProblem } from './http';
import { TroubleSpot } from './notice';
import { untilAnswered } from './patience';
import { endSession, keepSession, lastEmail, session } from './session';

/** The buyer closed the dialog. */
export class SignInDeclined extends Error {}

let open: Promise<void> | undefined;

/** Runs `call` for a signed-in buyer: asks for an e-mail first when nobody is signed in, and again when the
 *  session has ended meanwhile.
 *  @throws SignInDeclined when the buyer closes the dialog */
export async function asBuyer<Reply>(call: () => Promise<Reply>): Promise<Reply> {
  if (!session()) await askToSignIn('Sign in to go on');
  try {
    return await call();
  } catch (error) {
    if (!isSessionEnd(error)) throw error;
    endSession();
    await askToSignIn('Your session has ended');
    return call();
  }
}

export function isSessionEnd(error: unknown): boolean {
  return error instanceof ShopProblem && error.status === 401;
}

/** One dialog at a time, whoever asks. @throws SignInDeclined */
export function askToSignIn(heading: string): Promise<void> {
  open ??= showDialog(heading).finally(() => (open = undefined));
  return open;
}

function showDialog(heading: string): Promise<void> {
  const closed = new AbortController();
  const trouble = new TroubleSpot();
  const email = h('input', {
    id: 'email',
    type: 'email',
    name: 'email',
    autocomplete: 'email',
    required: true,
    maxlength: 200,
    value: lastEmail(),
    'aria-describedby': 'email-hint',
  });
  const button = h('button', { type: 'submit', class: 'primary' }, 'Sign in');
  const form = h(
    'form',
    { class: 'stack' },
    h('h2', { id: 'sign-in-heading' }, heading),
    h(
      'p',
      { id: 'email-hint', class: 'hint' },
      'This is a demo: any e-mail address will do, and no mail is sent. The same address is always the same account.',
    ),
    h('div', { class: 'field' }, h('label', { for: 'email' }, 'E-mail'), email),
    trouble.element,
    h(
      'p',
      { class: 'actions' },
      button,
      h('button', { type: 'button', class: 'quiet', click: () => dialog.close() }, 'Not now'),
    ),
  );
  const dialog = h('dialog', { 'aria-labelledby': 'sign-in-heading' }, form);
  document.body.append(dialog);
  dialog.showModal();
  email.focus();
  return new Promise((resolve, reject) => {
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      if (isBusy(button)) return;
      setBusy(button, true);
      const address = email.value.trim();
      void untilAnswered(() => signIn(address, closed.signal), { signal: closed.signal, onWait: trouble.waiting })
        .then((fresh) => {
          keepSession({ ...fresh, email: address });
          resolve();
          dialog.close();
        })
        .catch((error: unknown) => {
          setBusy(button, false);
          if (!closed.signal.aborted) trouble.problem(error);
        });
    });
    dialog.addEventListener('close', () => {
      closed.abort();
      dialog.remove();
      reject(new SignInDeclined()); // after a success this comes too late to matter
    });
  });
}
