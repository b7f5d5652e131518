export { isRunning, orderShop } from './control';
export { parseReplicas, type Environment, type Replicas } from './plan';
export { isAlive } from '@stampede/db';
export { Refusal } from './refusal';
export { Shop, type ShopOptions } from './shop';
export { eraseStateFolder, stateFolder } from './state-folder';
export { readStatus, type ProcessStatus, type ShopStatus } from './status';
export type { OpenStore, Store } from './store';
