import { h } from './dom';

/** The simulated bank's cards. A real shop would put the payment company's own form here; its token takes the same
 *  way. */
const methods: readonly { token: string; name: string; effect: string }[] = [
  { token: 'tok_ok', name: 'Card that works', effect: 'Paid at once' },
  { token: 'tok_slow', name: 'Slow bank', effect: 'Answers after five seconds' },
  {
    token: 'tok_lost_response',
    name: 'Bank that hangs up',
    effect: 'Takes the money, then drops the line; you still pay once',
  },
  { token: 'tok_error_once', name: 'Bank with a hiccup', effect: 'Fails the first time, then works' },
  { token: 'tok_declined', name: 'Declined card', effect: 'The bank says no' },
  { token: 'tok_insufficient_funds', name: 'Empty account', effect: 'Not enough money' },
];

/** The choice of payment method. `chosen` is a token kept from before a reload. */
export function paymentField(chosen: string | undefined): { element: HTMLFieldSetElement; token: () => string } {
  const first = chosen ?? methods[0]?.token;
  const inputs = methods.map(({ token }) => {
    const input = h('input', { type: 'radio', name: 'payment', value: token });
    input.checked = token === first;
    return input;
  });
  const element = h(
    'fieldset',
    { class: 'offers payments' },
    h('legend', {}, 'Payment'),
    methods.map(({ name, effect }, index) =>
      h(
        'label',
        { class: 'offer' },
        inputs[index],
        h('span', { class: 'name' }, name),
        h('span', { class: 'left' }, effect),
      ),
    ),
  );
  return { element, token: () => inputs.find((input) => input.checked)?.value ?? '' };
}
