import { ConfigError, defineSettings, oneOf, type ConfigOf } from '@stampede/service-kit';
import { LAB_VARIABLE, PRICING_VERSIONS } from '@stampede/topology';

const declared = defineSettings('pricing', {
  PRICING_VERSION: oneOf(
    PRICING_VERSIONS.map(({ version }) => version),
    { default: 'v1', why: 'named in every quote; `npx stampede release --list` tells what is wrong with some' },
  ),
});
export type PricingConfig = ConfigOf<typeof declared>;

/** The only reader of pricing's environment. A version with a defect is refused outside of a lab. */
export const settings: typeof declared = { ...declared, load: (env) => inItsPlace(declared.load(env)) };

function inItsPlace(config: PricingConfig): PricingConfig {
  const { PRICING_VERSION: version, env } = config;
  const defective = PRICING_VERSIONS.some((row) => row.version === version && row.defective);
  if (defective && env[LAB_VARIABLE] !== '1')
    throw new ConfigError([`PRICING_VERSION=${version} is wrong on purpose: only with ${LAB_VARIABLE}=1, in a lab`]);
  return config;
}
