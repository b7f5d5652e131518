import { Controller, Module, type OnApplicationShutdown } from '@nestjs/common';
import { api, route } from '@stampede/contracts';
import { z } from 'zod';
import { Handle, boot, defineSettings, integer } from '../src/index';

// Bundled and run as a process by boot.spec.ts: one service, or with TWO=1 two of them in one process.

const { work } = api('shop', {
  work: route({ method: 'GET', path: '/work', reply: z.unknown(), status: 200, codes: [] }),
}).routes;

@Controller()
class ShopController implements OnApplicationShutdown {
  @Handle(work)
  work() {
    return { done: true };
  }

  onApplicationShutdown(): void {
    process.stderr.write('shut down\n');
  }
}

@Module({ controllers: [ShopController] })
class ShopModule {}

for (const name of process.env['TWO'] === '1' ? ['north', 'south'] : ['north']) {
  const most = `${name.toUpperCase()}_MOST`;
  const settings = defineSettings(name, { [most]: integer({ min: 1, max: 9, default: 3, why: 'a test' }) });
  void boot({ settings, load: () => ({ module: ShopModule }) });
}
