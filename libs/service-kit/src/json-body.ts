import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { Refused } from './errors';

/** JSON alone, strictly UTF-8; keys that would reach a prototype are refused. */
export function readJsonBodies(server: FastifyInstance): void {
  const parseCarefully = server.getDefaultJsonParser('error', 'error');
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    if (!isPlainJson(request.headers)) {
      done(new Refused('unsupported_media_type', 'the body must be application/json in UTF-8'));
      return;
    }
    if (!isUtf8(body)) {
      done(new Refused('malformed_json', 'the body is not UTF-8'));
      return;
    }
    const text = body.toString();
    if (tooDeep(text)) {
      done(new Refused('malformed_json', `the body is nested more than ${DEEPEST} levels`));
      return;
    }
    if (text === '' || SUSPICIOUS.test(text)) parseCarefully(request, text, done);
    else parseJson(text, done);
  });
}

/** Only what holds one of these can name a prototype; looking for them costs a tenth of the careful parser. */
const SUSPICIOUS = /__proto__|"constructor"|\\u/;

/** No route of any contract nests as deep; far deeper, writing the value again would use up the stack. */
const DEEPEST = 100;

function tooDeep(text: string): boolean {
  if (text.length <= 2 * DEEPEST) return false; // what is opened is closed again
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) quoted = !quoted;
    else if (quoted) at += code === ESCAPE ? 1 : 0;
    else if (code === OPEN_OBJECT || code === OPEN_LIST) depth += 1;
    else if (code === CLOSE_OBJECT || code === CLOSE_LIST) depth -= 1;
    if (depth > DEEPEST) return true;
  }
  return false;
}

const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST, CLOSE_LIST, QUOTE, ESCAPE] = [...'{}[]"\\'].map((letter) =>
  letter.charCodeAt(0),
);

function parseJson(text: string, done: (error: Error | null, value?: unknown) => void): void {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    done(new Refused('malformed_json', 'the body is not JSON', { cause }));
    return;
  }
  done(null, value);
}

function isPlainJson(headers: IncomingHttpHeaders): boolean {
  const { 'content-type': type, 'content-encoding': encoding } = headers;
  if (encoding !== undefined && encoding !== 'identity') return false;
  if (type === 'application/json') return true;
  const charset = /charset="?([\w-]+)/i.exec(type ?? '')?.[1];
  return charset === undefined || /^(utf-?8|us-ascii)$/i.test(charset);
}
