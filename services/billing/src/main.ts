import { boot } from '@stampede/service-kit';
import { settings } from './config';

void boot({ settings, load: async () => (await import('./billing.module.js')).parts });
