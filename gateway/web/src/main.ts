import { checkoutPage } from './checkout';
import { h } from './dom';
import { eventPage } from './event';
import { eventsPage } from './events';
import { orderPage } from './order';
import { ordersPage } from './orders';
import { queuePage } from './queue';
import { otherwise, route, start } from './router';
import { drawShell } from './shell';

drawShell();
route('/', eventsPage);
route('/events/:eventId', eventPage);
route('/events/:eventId/queue', queuePage);
route('/checkout/:holdId', checkoutPage);
route('/orders', ordersPage);
route('/orders/:orderId', orderPage);
otherwise(({ main, title }) => {
  title('No such page');
  main.append(
    h('h1', {}, 'There is no such page'),
    h('p', {}, 'The address may be mistyped, or the page has moved.'),
    h('p', { class: 'actions' }, h('a', { href: '/', class: 'button' }, 'See all matches')),
  );
});
start();
