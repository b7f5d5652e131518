import { boolean, defineSettings, type ConfigOf } from '@stampede/service-kit';

/** The only reader of catalog's environment. */
export const settings = defineSettings(
  'catalog',
  { CATALOG_SEED: boolean({ default: true, why: 'an empty catalogue gets the 104 matches of the fixtures' }) },
  { database: true },
);
export type CatalogConfig = ConfigOf<typeof settings>;
