import { findK6 } from '@stampede/prove/k6';
import { Unavailable, type World } from '@stampede/prove/world';
import { Refusal } from '@stampede/supervisor';

/** The same world, where k6 is a part like Kafka: without one nothing is started, and nothing is proved or refuted. */
export function worldWithK6(world: World, find: () => Promise<unknown> = findK6): World {
  return {
    ...world,
    openShop: async (options) => {
      await find().catch(asMissingPart);
      return world.openShop(options);
    },
  };
}

function asMissingPart(error: unknown): never {
  throw error instanceof Refusal ? new Unavailable(error.message, { cause: error }) : error;
}
