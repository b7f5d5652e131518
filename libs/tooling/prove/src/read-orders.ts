import type { Order } from '@stampede/contracts';
import type { ShopInLab, World } from './world';

export interface ReadOrders {
  /** undefined: the shop says that it has no such order. */
  readonly orders: ReadonlyMap<string, Order | undefined>;
  readonly unread: readonly string[];
}

const AT_A_TIME = 8;
/** A shop that is still on its feet answers by then. */
const ASK_MS = 20_000;
const PAUSE_MS = 250;

/**
 * Asks the shop for orders, again and again for those that it cannot show: a 503 is no lost order. What could not be
 * read within twenty seconds is `unread`. @throws the signal's reason
 */
export async function readOrders(
  { world, shop, signal }: { world: World; shop: Pick<ShopInLab, 'orderOf'>; signal: AbortSignal },
  ids: ReadonlySet<string>,
): Promise<ReadOrders> {
  const orders = new Map<string, Order | undefined>();
  let left = [...ids];
  for (const endsAt = world.now() + ASK_MS; ; await world.delay(PAUSE_MS, signal)) {
    const again: string[] = [];
    const worker = async () => {
      for (let id = left.pop(); id !== undefined; id = left.pop()) {
        if (world.now() > endsAt) again.push(id);
        else
          await shop.orderOf(id).then(
            (order) => orders.set(id, order),
            () => again.push(id),
          );
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, worker));
    left = again;
    if (left.length === 0 || world.now() > endsAt) return { orders, unread: left };
  }
}
