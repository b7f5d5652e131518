import type { Fault, Seen } from '../lab';
import { clusterOf } from './lab-cluster';

export interface ManifestFaultOptions {
  /** From the project's root: `istio/faults/payments-black-hole.yaml`. */
  readonly file: string;
  /** For people. */
  readonly name: string;
  /** A counter's growth that shows it acting: PromQL of a sum, and how much at least. */
  readonly seen: { readonly metric: string; readonly promql: string; readonly least: number };
}

/** A fault of the mesh, for as long as its file is applied. */
export function manifestFault({ file, name, seen }: ManifestFaultOptions): Fault {
  return {
    name,
    async start(lab) {
      const cluster = clusterOf(lab);
      const before = await cluster.query(seen.promql);
      const where = `--namespace=${cluster.namespace}`;
      const { undo } = await cluster.change({
        name,
        make: [{ args: ['apply', `--filename=${file}`, where] }],
        unmake: [{ args: ['delete', `--filename=${file}`, where, '--ignore-not-found'] }],
      });
      return {
        undo,
        seen: async (): Promise<Seen> => {
          const value = Math.round((await cluster.query(seen.promql)) - before);
          return { metric: seen.metric, value, least: seen.least };
        },
      };
    },
  };
}
