export { sync } from './sync/sync';
