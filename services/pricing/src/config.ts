import { defineSettings } from '@stampede/service-kit';

/** The only reader of pricing's environment; it has no variables of its own. */
export const settings = defineSettings('pricing', {});
