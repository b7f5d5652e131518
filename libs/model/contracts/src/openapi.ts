import { z } from 'zod';
import { PUBLIC_PREFIX, type PublicRoute, publicRoutes } from './public';
import { IDEMPOTENCY_KEY_PATTERN, Problem, type ProblemCode, problems } from './route';

type Json = Record<string, unknown>;

/** What every route may answer, whatever it does. */
const ALWAYS: readonly ProblemCode[] = [
  'validation_failed',
  'not_acceptable',
  'rate_limited',
  'overloaded',
  'budget_spent',
  'outcome_unknown',
  'unavailable',
];
const WITH_BODY: readonly ProblemCode[] = ['malformed_json', 'body_too_large', 'unsupported_media_type'];
const WITH_ROLE: readonly ProblemCode[] = ['unauthenticated', 'forbidden'];

/** The OpenAPI 3.1 document of the public API, made from the very schemas that validate requests. */
export function openApiDocument(version: string): Json {
  const schemas: Json = {};
  const paths: Record<string, Json> = {};
  for (const [operationId, definition] of Object.entries(publicRoutes) as [string, PublicRoute][]) {
    const path = (paths[PUBLIC_PREFIX + definition.path] ??= {});
    path[definition.method.toLowerCase()] = operation(operationId, definition, schemas);
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Stampede', version, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas,
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    },
  };
}

function operation(operationId: string, definition: PublicRoute, schemas: Json): Json {
  const result: Json = {
    operationId,
    summary: definition.summary,
    parameters: parameters(definition, schemas),
    responses: responses(definition, schemas),
    security: definition.roles === 'anyone' ? [] : [{ bearer: [] }],
  };
  if (definition.body !== undefined) {
    result['requestBody'] = {
      required: true,
      content: { 'application/json': { schema: reference(definition.body, 'input', schemas) } },
    };
  }
  return result;
}

function parameters(definition: PublicRoute, schemas: Json): Json[] {
  const list: Json[] = [];
  for (const [place, object] of [
    ['path', definition.params],
    ['query', definition.query],
  ] as const) {
    for (const [name, schema] of Object.entries(object?.shape ?? {})) {
      list.push({
        name,
        in: place,
        required: place === 'path',
        schema: reference(schema as z.ZodType, 'input', schemas),
      });
    }
  }
  if (definition.keyed === true) {
    list.push({
      name: 'Idempotency-Key',
      in: 'header',
      required: true,
      schema: { type: 'string', pattern: IDEMPOTENCY_KEY_PATTERN },
    });
  }
  for (const name of definition.requestHeaders ?? [])
    list.push({ name, in: 'header', required: false, schema: { type: 'string' } });
  return list;
}

function responses(definition: PublicRoute, schemas: Json): Json {
  const result: Json = { [definition.status]: success(definition, definition.reply, schemas) };
  for (const [status, schema] of Object.entries(definition.alsoReplies ?? {})) {
    result[status] = success(definition, schema as z.ZodType, schemas);
  }
  for (const [status, codes] of problemsByStatus(definition)) result[status] = problemResponse(status, codes, schemas);
  return result;
}

function success(definition: PublicRoute, schema: z.ZodType, schemas: Json): Json {
  const headers: Json = { 'x-trace-id': { required: true, schema: { type: 'string' } } };
  for (const name of definition.replyHeaders ?? []) headers[name] = { schema: { type: 'string' } };
  const answer: Json = { description: definition.summary, headers };
  if (schema instanceof z.ZodVoid) return answer;
  const mediaType = definition.mediaType ?? 'application/json';
  return { ...answer, content: { [mediaType]: { schema: reference(schema, 'output', schemas) } } };
}

/** Every status of a problem that the route may answer, with its codes. */
function problemsByStatus(definition: PublicRoute): Map<number, ProblemCode[]> {
  const codes = new Set<ProblemCode>([
    ...ALWAYS,
    ...(definition.method === 'GET' ? [] : WITH_BODY), // a body may be sent to the others, whether they take one or not
    ...(definition.roles === 'anyone' ? [] : WITH_ROLE),
    ...definition.codes,
  ]);
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of codes) {
    const { status } = problems[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return byStatus;
}

function problemResponse(status: number, codes: readonly ProblemCode[], schemas: Json): Json {
  const headers: Json = { 'x-trace-id': { required: true, schema: { type: 'string' } } };
  if (status === 401) headers['WWW-Authenticate'] = { required: true, schema: { type: 'string' } };
  if (status === 429 || status === 503) headers['Retry-After'] = { required: true, schema: { type: 'string' } };
  if (status === 429) {
    headers['RateLimit'] = { required: true, schema: { type: 'string' } };
    headers['RateLimit-Policy'] = { required: true, schema: { type: 'string' } };
  }
  const schema = {
    allOf: [
      reference(Problem, 'output', schemas),
      { properties: { status: { const: status }, code: { enum: codes } } },
    ],
  };
  return {
    description: codes.map((code) => problems[code].title).join('; '),
    headers,
    content: { 'application/problem+json': { schema } },
  };
}

/** A `$ref` for a schema with an id, which is put among the components; other schemas stand where they are used. */
function reference(schema: z.ZodType, io: 'input' | 'output', schemas: Json): Json {
  const json: unknown = z.toJSONSchema(schema, { io, target: 'draft-2020-12', unrepresentable: 'any' });
  const {
    $defs,
    $schema: _,
    id,
    ...inline
  } = json as { $defs?: Record<string, Json>; $schema?: string; id?: string } & Json;
  for (const [name, definition] of Object.entries($defs ?? {})) schemas[name] = componentOf(definition);
  const body = relinked(inline) as Json;
  if (typeof id !== 'string') return body;
  schemas[id] = body;
  return { $ref: `#/components/schemas/${id}` };
}

function componentOf(definition: Json): Json {
  const { id: _, $schema: __, ...body } = definition;
  return relinked(body) as Json;
}

/** zod points into its own `$defs`; the document keeps them under `components`. */
function relinked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(relinked);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      key === '$ref' && typeof inner === 'string'
        ? inner.replace('#/$defs/', '#/components/schemas/')
        : relinked(inner),
    ]),
  );
}
