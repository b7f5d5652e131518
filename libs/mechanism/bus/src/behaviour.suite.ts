import { uuidv7 } from '@stampede/db';
import { deliversEvents } from '../test/delivery.suite';
import { survivesFailures } from '../test/failure.suite';
import { openBus, type BusOptions } from './open-bus';
import type { Bus } from './port';

/** A back end under test: how to open a bus on it, and how a stranger writes to its topics. */
export interface BackEnd {
  options: Omit<BusOptions, 'clientId'>;
  publishRaw(topic: string, key: string, payload: string): Promise<void>;
  close(): Promise<void>;
}

/** What each test finds: an open bus and a topic of its own. */
export interface Bench {
  backEnd: BackEnd;
  bus: Bus;
  topic: string;
  /** The bus as another process sees it. */
  openAnother(): Promise<Bus>;
}

/** What every bus promises, whatever is behind it. */
export function behavesLikeABus(name: string, open: () => Promise<BackEnd>): void {
  describe(`the bus on ${name}`, () => {
    const opened: Bus[] = [];
    const bench = {
      async openAnother() {
        const another = await openBus({ ...bench.backEnd.options, clientId: 'bus-spec' });
        opened.push(another);
        return another;
      },
    } as Bench;

    beforeAll(async () => {
      bench.backEnd = await open();
    });
    beforeEach(async () => {
      bench.bus = await bench.openAnother();
      bench.topic = `spec.${uuidv7()}`;
    });
    afterEach(() => Promise.all(opened.splice(0).map((bus) => bus.close())));
    afterAll(() => bench.backEnd.close());

    deliversEvents(bench);
    survivesFailures(bench);
  });
}
