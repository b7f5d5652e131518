import type { PageOf } from './api';
import { h } from './dom';
import { count } from './format';

/** Links to the pages before and after; nothing where one page holds everything. */
export function pager(list: PageOf<unknown>, urlOf: (page: number) => string): HTMLElement | null {
  const pages = Math.ceil(list.total / list.pageSize);
  if (pages <= 1) return null;
  return h(
    'nav',
    { class: 'pager', 'aria-label': 'Pages' },
    list.page > 1 ? h('a', { href: urlOf(list.page - 1), rel: 'prev' }, '← Previous') : h('span', {}),
    h('span', {}, `Page ${count(list.page)} of ${count(pages)}`),
    list.page < pages ? h('a', { href: urlOf(list.page + 1), rel: 'next' }, 'Next →') : h('span', {}),
  );
}

/** The page asked for in the address, 1 where there is none or nonsense. */
export function pageIn(query: URLSearchParams): number {
  const page = Number(query.get('page') ?? 1);
  return Number.isInteger(page) && page > 0 ? page : 1;
}
