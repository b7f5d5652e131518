/** What came of asking: `answered` by whoever was asked, whatever he said. */
export type Outcome = 'answered' | 'refused' | 'unauthenticated' | 'no connection' | 'unavailable';

/** Who asks: a pod of the lab, by the name of its account, or by what it lacks. */
export interface Asker {
  /** For people, and the pod's name: `gateway`, `gateway-elsewhere`. */
  readonly name: string;
  readonly account: string;
  /** `elsewhere`: a namespace of the mesh that is not the shop's. */
  readonly namespace: 'shop' | 'elsewhere';
  /** Whether it has a sidecar, and so a certificate. */
  readonly mesh: boolean;
}

/** One question of the matrix, and what must come of it. */
export interface Cell {
  readonly asker: string;
  /** A service, or a store. */
  readonly callee: string;
  /** Of HTTP; without one a connection alone is opened. */
  readonly method?: string;
  /** `/holds/{holdId}` as the contract has it, without parameters in the question itself. */
  readonly path?: string;
  readonly port: number;
  readonly expected: Outcome;
}

export interface AskedCell extends Cell {
  readonly outcome: Outcome;
}

/** For people: `orders POST pricing /quotes`. */
export function cellInWords({ asker, callee, method = 'connects to', path = '', port }: Cell): string {
  return `${asker} ${method} ${callee}${path === '' ? `:${port}` : ` ${path}`}`;
}
