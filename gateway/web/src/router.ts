import { announce, fill } from './dom';
import { notice } from './notice';
import { explain } from './words';

/** Where a page draws itself, and for how long: `signal` aborts when the buyer goes elsewhere. */
export interface Place {
  readonly main: HTMLElement;
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly signal: AbortSignal;
  /** Names the page in the tab and, after a change of page, to a screen reader. */
  readonly title: (words: string) => void;
}

export type Page = (place: Place) => void | Promise<void>;

const routes: { pattern: RegExp; names: string[]; page: Page }[] = [];
let unknownPage: Page = () => undefined;
let leaving = new AbortController();
let first = true;

/** `path` has `:name` parts. */
export function route(path: string, page: Page): void {
  const names = [...path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? '');
  routes.push({ pattern: new RegExp(`^${path.replace(/:\w+/g, '([^/]+)')}/?$`), names, page });
}

export function otherwise(page: Page): void {
  unknownPage = page;
}

/** Goes to a page of the shop. `replace` leaves no way back to the present one. */
export function navigate(url: string, { replace = false } = {}): void {
  if (!replace) rememberScroll();
  history[replace ? 'replaceState' : 'pushState'](null, '', url);
  show(0);
}

/** Draws the present page anew, as after signing in. */
export function refresh(): void {
  show(scrollY);
}

/** Changes the address only, for choices that a reload should keep. */
export function rewriteUrl(url: string, { replace = true } = {}): void {
  history[replace ? 'replaceState' : 'pushState'](history.state, '', url);
}

export function start(): void {
  history.scrollRestoration = 'manual';
  addEventListener('popstate', (event) => show((event.state as { scroll?: number } | null)?.scroll ?? 0));
  addEventListener('pagehide', rememberScroll);
  document.addEventListener('click', followLink);
  show((history.state as { scroll?: number } | null)?.scroll ?? 0);
}

function rememberScroll(): void {
  history.replaceState({ scroll: scrollY }, '');
}

function followLink(event: MouseEvent): void {
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!link || !plain || event.defaultPrevented || link.target || link.origin !== location.origin) return;
  const samePage = link.pathname === location.pathname && link.search === location.search;
  if (samePage && link.hash) return;
  event.preventDefault();
  navigate(link.href, { replace: samePage });
}

function show(scroll: number): void {
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  const isFirst = first;
  first = false;
  const main = document.querySelector<HTMLElement>('main') ?? document.body;
  const title = (words: string) => {
    document.title = `${words} · Stampede`;
    if (!isFirst) announce(words);
  };
  fill(main);
  main.dataset['page'] = location.pathname;
  const { page, parameters } = match(location.pathname);
  const drawn = Promise.resolve(page({ main, parameters, query: new URLSearchParams(location.search), signal, title }));
  if (!isFirst) focusHeading(main);
  scrollTo(0, scroll);
  document.dispatchEvent(new Event('shop:page'));
  drawn.then(
    () => signal.aborted || scroll === 0 || scrollTo(0, scroll),
    (error: unknown) => signal.aborted || main.append(notice('problem', explain(error))),
  );
}

function match(path: string): { page: Page; parameters: Record<string, string> } {
  for (const { pattern, names, page } of routes) {
    const found = pattern.exec(path);
    if (found)
      return { page, parameters: Object.fromEntries(names.map((name, index) => [name, found[index + 1] ?? ''])) };
  }
  return { page: unknownPage, parameters: {} };
}

/** A new page begins at its heading, for whoever cannot see that it changed. */
function focusHeading(main: HTMLElement): void {
  const heading = main.querySelector('h1') ?? main;
  heading.setAttribute('tabindex', '-1');
  heading.focus({ preventScroll: true });
}
