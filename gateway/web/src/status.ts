import type { Order } from '@stampede/contracts';

const words: Record<Order['status'], { words: string; tone: 'on' | 'off' | 'busy' }> = {
  pending: { words: 'In progress', tone: 'busy' },
  confirmed: { words: 'Confirmed', tone: 'on' },
  declined: { words: 'Declined', tone: 'off' },
  cancelled: { words: 'Cancelled', tone: 'off' },
  refunded: { words: 'Refunded', tone: 'off' },
};

export function statusWords(status: Order['status']): { words: string; tone: string } {
  return words[status];
}
