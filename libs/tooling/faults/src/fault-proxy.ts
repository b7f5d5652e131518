/** What a proxy does to connections and bytes; all off is a plain pipe. */
export interface Toxics {
  /** Added to each chunk, towards the server and back. */
  readonly latencyMs?: number;
  /** Uniform from 0, added to `latencyMs`. */
  readonly jitterMs?: number;
  /** Share of connections (0..1) that the other toxics act on; default 1. */
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
  clear(): void;
  /** Connections that a toxic has acted on since the start. */
  readonly acted: number;
  close(): Promise<void>;
}
