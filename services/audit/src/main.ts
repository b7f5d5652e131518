import { boot } from '@stampede/service-kit';
import { settings } from './config';

void boot({ settings, load: async () => (await import('./audit.module.js')).parts });
