/** Where the lab's cluster has a part of its own in place of a public one, in the words of a report. */
export const STAND_INS = {
  meshMetrics: 'the proxies are stock Envoy, and their requests are counted beside them, by the agent in the same pod',
  network: 'NetworkPolicy is enforced by the lab’s own controller on nftables',
  edge: 'there is no load balancer: the edge is a NodePort behind a port of this machine',
  keda: 'KEDA is built with its common scalers alone',
  nodes: 'nodes are containers of one machine: a lost zone is a node container that is stopped',
} as const;
