export { scaled, type Money } from './money';
