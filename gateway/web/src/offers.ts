import type { Category, CategoryOffer } from './api';
import { announce, fill, h } from './dom';
import { categoryName, count, money } from './format';

export interface Choice {
  category: Category | undefined;
  quantity: number;
}

const MOST_SEATS = 4;
const LOW_BELOW = 50; // seats: from here on the number itself is news

/** The categories of a match as radio buttons. `update` changes words in place, so the focus and the choice
 *  survive every poll. */
export class Offers {
  readonly element = h('fieldset', { class: 'offers' }, h('legend', {}, 'Category'));
  private readonly rows = new Map<
    Category,
    { input: HTMLInputElement; price: HTMLElement; left: HTMLElement; soldOut: boolean }
  >();

  constructor(
    private readonly choice: Choice,
    private readonly onChoice: () => void,
  ) {}

  update(offers: readonly CategoryOffer[]): void {
    for (const offer of offers) this.updateRow(offer);
  }

  private updateRow(offer: CategoryOffer): void {
    const row = this.rows.get(offer.category) ?? this.addRow(offer);
    const soldOut = offer.available === 0;
    row.price.textContent = offer.price ? money(offer.price.amount, offer.price.currency) : 'Price not known now';
    row.left.textContent = leftWords(offer.available);
    row.left.classList.toggle('low', offer.available !== null && offer.available < LOW_BELOW);
    row.input.disabled = soldOut;
    if (soldOut && !row.soldOut) this.onSoldOut(offer.category, row.input);
    row.soldOut = soldOut;
  }

  private onSoldOut(category: Category, input: HTMLInputElement): void {
    if (!input.checked) return;
    announce(`${categoryName(category)} is sold out`);
    input.checked = false;
    this.choice.category = undefined;
    this.onChoice();
  }

  private addRow(offer: CategoryOffer) {
    const { category } = offer;
    const choose = () => {
      this.choice.category = category;
      this.onChoice();
    };
    const input = h('input', { type: 'radio', name: 'category', value: category, required: true, change: choose });
    input.checked = this.choice.category === category;
    const row = { input, price: h('span', { class: 'price' }), left: h('span', { class: 'left' }), soldOut: false };
    const label = h(
      'label',
      { class: 'offer' },
      input,
      h('span', { class: 'name' }, categoryName(category)),
      row.left,
      row.price,
    );
    this.element.append(label);
    this.rows.set(category, row);
    return row;
  }
}

function leftWords(available: number | null): string {
  if (available === null) return 'Seats left: not known now';
  if (available === 0) return 'Sold out';
  return available < LOW_BELOW ? `Only ${available} left` : `${count(available)} left`;
}

/** One to four seats. */
export function quantityField(choice: Choice, onChoice: () => void): HTMLElement {
  const options = Array.from({ length: MOST_SEATS }, (_, index) => index + 1).map((quantity) => {
    const choose = () => {
      choice.quantity = quantity;
      onChoice();
    };
    const input = h('input', { type: 'radio', name: 'quantity', value: quantity, change: choose });
    input.checked = choice.quantity === quantity;
    return h('label', { class: 'segment' }, input, h('span', {}, quantity));
  });
  const field = h('fieldset', { class: 'quantity' });
  fill(field, h('legend', {}, 'Seats'), h('div', { class: 'segments' }, options));
  return field;
}
