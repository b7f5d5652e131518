export { makeFakeShop, type FakeShop } from './fake-shop';
