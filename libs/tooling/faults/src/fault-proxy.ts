/**
 * What a proxy does to connections and bytes; all off is a plain pipe. An exchange is what the client sends and what
 * the server answers to it: with clients that keep their connections, whole connections would be too coarse.
 */
export interface Toxics {
  /** Added to each chunk, towards the server and back: a call takes twice as much longer. */
  readonly latencyMs?: number;
  /** From 0, spread evenly, added to `latencyMs`. */
  readonly jitterMs?: number;
  /** Share of exchanges (0..1) that the other toxics act on; default 1. */
  readonly ratio?: number;
  /** The connection is reset when the server has answered that many bytes: 0 loses every answer. */
  readonly resetAfterBytes?: number;
  /** Accepts, reads, and never answers. */
  readonly blackHole?: boolean;
  /** The server's side is closed and the client's stays open. */
  readonly halfOpen?: boolean;
  /** New connections are refused and those that are open are reset. */
  readonly refuse?: boolean;
  readonly bytesPerSecond?: number;
}

/** A TCP proxy on 127.0.0.1 in front of one address. */
export interface FaultProxy {
  readonly port: number;
  /** Takes effect at once, for open connections as well. */
  set(toxics: Toxics): void;
  /** A connection that has lost bytes is reset: it is of no more use. */
  clear(): void;
  /** Exchanges and connections that a toxic has acted on since the start; those that the system refuses are unseen. */
  readonly acted: number;
  close(): Promise<void>;
}
