import { boot } from '@stampede/service-kit';
import { settings } from './config';

void boot({ settings, load: async (config) => (await import('./pricing.module.js')).partsOf(config) });
