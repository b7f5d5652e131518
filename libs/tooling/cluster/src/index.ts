export { clusterBundle } from './bundle';
export { commandsIn, type Commands, type Outcome } from './commands';
export { edgeKeys } from './keys';
export { deleteCluster, exists as clusterExists } from './nodes';
export { resourcesHere } from './resources';
export { ADDRESS, type Site } from './site';
export { clusterStatus } from './status';
export { clusterUp } from './up';
export { readVersions, type Mesh } from './versions';
