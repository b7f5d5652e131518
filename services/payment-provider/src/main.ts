import { boot } from '@stampede/service-kit';
import { settings } from './config';

void boot({
  settings,
  load: async (config) => (await import('./payment-provider.module.js')).partsOf(config.PAYMENT_PROVIDER_LEDGER),
});
