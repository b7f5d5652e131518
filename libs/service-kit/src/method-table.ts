import type { FastifyInstance } from 'fastify';

/** Which methods each path takes: Fastify answers 404 where a path exists and only the method does not. */
export class MethodTable {
  private readonly rows = new Map<string, { pattern: RegExp; methods: Set<string> }>();

  /** Learns every route from now on. */
  watch(fastify: FastifyInstance): void {
    fastify.addHook('onRoute', ({ method, url }) => {
      if (url.includes('(')) return; // a route of last resort, for paths that nothing serves
      for (const name of [method].flat()) this.add(name, url);
    });
  }

  add(method: string, url: string): void {
    const row = this.rows.get(url) ?? { pattern: patternOf(url), methods: new Set<string>() };
    row.methods.add(method.toUpperCase());
    this.rows.set(url, row);
  }

  /** For an `Allow` header, sorted; empty for a path that nothing serves. */
  allowed(path: string): string[] {
    const allowed = new Set<string>();
    for (const { pattern, methods } of this.rows.values()) {
      if (pattern.test(path)) for (const method of methods) allowed.add(method);
    }
    if (allowed.size > 0) allowed.add('OPTIONS');
    return [...allowed].sort();
  }
}

function patternOf(url: string): RegExp {
  const pattern = url
    .split('/')
    .map((part) =>
      part.startsWith(':') ? '[^/]+' : part === '*' ? '.*' : part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`),
    )
    .join('/');
  return new RegExp(`^${pattern}$`);
}
