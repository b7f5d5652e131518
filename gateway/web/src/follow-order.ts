import type { Order } from '@stampede/contracts';
import { readOrder, streamOrder } from './api';
import { mayPass, pause, untilAnswered, untilLookedAt, type Wait } from './patience';
import { serverSentEvents } from './server-sent-events';

const SILENCE_MS = 40_000; // the shop sends a comment each 15 s; two missed mean a dead line
const BETWEEN_MS = 1_500;

export interface Follower {
  readonly signal: AbortSignal;
  readonly onOrder: (order: Order) => void;
  readonly onTrouble: (wait: Wait) => void;
}

/** Reports an order until it is terminal: by its stream while that works, by asking between streams, so a shop
 *  without streams is followed too.
 *  @throws ShopProblem when the order may not be read */
export async function followOrder(orderId: string, follower: Follower): Promise<void> {
  const { signal, onOrder, onTrouble } = follower;
  const position: Position = { lastEventId: undefined };
  for (;;) {
    const order = await untilAnswered(() => readOrder(orderId, signal), { signal, onWait: onTrouble });
    onOrder(order);
    if (isTerminal(order)) return;
    if (await streamed(orderId, position, follower)) return;
    await pause(BETWEEN_MS + Math.random() * BETWEEN_MS, signal);
    await untilLookedAt(signal);
  }
}

export function isTerminal(order: Order): boolean {
  return order.status !== 'pending';
}

interface Position {
  lastEventId: string | undefined;
}

/** Whether the stream told of a terminal state. A broken or refused stream is no trouble yet: the next question
 *  will tell. */
async function streamed(orderId: string, position: Position, { signal, onOrder }: Follower): Promise<boolean> {
  const silent = new AbortController();
  let watchdog = setTimeout(() => silent.abort(), SILENCE_MS);
  const onBytes = () => {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => silent.abort(), SILENCE_MS);
  };
  try {
    const response = await streamOrder(orderId, position.lastEventId, AbortSignal.any([signal, silent.signal]));
    if (response.status === 204 || !response.body) return false;
    for await (const { event, id, data } of serverSentEvents(response.body, onBytes)) {
      position.lastEventId = id ?? position.lastEventId;
      if (event !== 'order') continue;
      const order = JSON.parse(data) as Order;
      onOrder(order);
      if (isTerminal(order)) return true;
    }
    return false;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof TypeError || error instanceof SyntaxError || silent.signal.aborted || mayPass(error))
      return false;
    throw error;
  } finally {
    clearTimeout(watchdog);
  }
}
