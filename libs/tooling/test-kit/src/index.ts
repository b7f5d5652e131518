export { Buyers, type Buyer, type HeldSeats, type NewMatch, type OrderWish, type Wish } from './buyers';
export { Calls, type Answer, type CallOptions } from './calls';
export { openServices, openShop, type OpenShop } from './open-shop';
export type { ProcessOptions, Processes } from './processes';
export { ProviderBooks } from './provider-books';
