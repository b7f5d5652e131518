import type { ClusterMitigationId, Fault } from '@stampede/faults';
import type { MitigationId } from '@stampede/topology';
import type { Check } from './check';

export type Tier = 'local' | 'cluster';
export type Form = 'quick' | 'full';

/** A promise of the shop as an experiment that can fail, and a control that must. */
export interface Claim {
  /** `L1`, `K3`: the head of the file's name. */
  readonly id: string;
  /** One sentence; only a full PASS may use it. */
  readonly promise: string;
  readonly tier: Tier;
  /** Parts beside the shop; without one of them the verdict is UNAVAILABLE. */
  readonly needs?: readonly Part[];
  readonly shop?: ShopUnderTest;
  /** On a cluster: figures that are drawn and judged beside the usual ones, as PromQL, by name. */
  readonly watch?: Readonly<Record<string, string>>;
  /** Of the lab's own parts, in place of the public ones, those that this claim leans on; each in a sentence. */
  readonly leansOn?: readonly string[];
  readonly load: Load;
  /** Held in the steady phase before the fault, or the run is INVALID. */
  readonly steadyState: readonly Check[];
  readonly fault: Fault;
  /**
   * k6's own, by metric: `'http_req_duration{route:place-order,phase:fault}': ['p(99)<1000']` (ms). One that is crossed
   * breaks the promise as a check does.
   */
  readonly thresholds?: Readonly<Record<string, readonly string[]>>;
  readonly holds: readonly Check[];
  readonly control: Control & {
    /** Further controls, where a promise rests on several protections: each must FAIL by itself. */
    readonly also?: readonly Control[];
  };
  readonly forms: Readonly<Record<Form, Timing>>;
}

/** The same with one mitigation switched off. It must FAIL, by one of the checks in `bites` if named. */
export interface Control {
  readonly off: MitigationId | ClusterMitigationId;
  readonly bites?: readonly string[];
}

/** `cores`: two cores for shop and load apart. */
export type Part = 'redis' | 'kafka' | 'cores';

export interface ShopUnderTest {
  readonly replicas?: Readonly<Record<string, number>>;
  /** For every process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Targets whose callers get the address of a fault proxy: see `ProxiedTarget`. */
  readonly proxied?: readonly string[];
  /** Scripts that Node loads first, by service: see `preload` of @stampede/faults. */
  readonly preloads?: Readonly<Record<string, readonly string[]>>;
}

export interface Load {
  /** A file of load-tests/scenarios without `.k6.ts`. */
  readonly scenario: string;
  /** What the scenario reads as its settings. */
  readonly settings: Readonly<Record<string, number | string>>;
}

/** Milliseconds of one run, and how many runs. */
export interface Timing {
  readonly steadyMs: number;
  readonly faultMs: number;
  /** After the fault, until everything must be as before. */
  readonly recoveryMs: number;
  /** Experiments; every one must hold. The control runs once. */
  readonly repeat: number;
  /** Instead of the claim's, where so few requests can show no more than that. */
  readonly holds?: readonly Check[];
  readonly thresholds?: Claim['thresholds'];
}

/** All of a claim's controls, the first one first. */
export function controlsOf({ control }: Pick<Claim, 'control'>): readonly Control[] {
  return [control, ...(control.also ?? [])];
}

const ID = /^[LK]\d{1,2}$/;

/** @throws Error naming what is wrong with the claim */
export function claim(definition: Claim): Claim {
  const { id, promise, holds, forms } = definition;
  if (!ID.test(id)) throw new Error(`a claim's id is L or K and a number, not "${id}"`);
  if (!/^[A-Z].*\.$/.test(promise)) throw new Error(`${id}: the promise is one sentence with a full stop`);
  if (holds.length === 0) throw new Error(`${id}: a claim without a check cannot fail`);
  for (const [form, { steadyMs, faultMs, recoveryMs, repeat }] of Object.entries(forms)) {
    if (Math.min(steadyMs, faultMs, recoveryMs, repeat) <= 0)
      throw new Error(`${id}: ${form} has a time that is not above 0`);
  }
  return definition;
}
