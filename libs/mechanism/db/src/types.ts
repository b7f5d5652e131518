import { types, type CustomTypesConfig } from 'pg';

/**
 * How column types become JavaScript. Differs from pg: int8 is a number where that is exact (a string beyond 2^53),
 * because counts and amounts are; a date stays `YYYY-MM-DD`, because a `Date` would move it by the local time zone.
 */
export const typeParsers: CustomTypesConfig = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (format !== 'binary' && oid === types.builtins.INT8) return parseInt8;
    if (format !== 'binary' && oid === types.builtins.DATE) return String;
    return types.getTypeParser(oid, format as 'text');
  },
} as CustomTypesConfig;

function parseInt8(text: string): number | string {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : text;
}
