import { TraceFlags, type SpanContext } from '@opentelemetry/api';

type Environment = Readonly<Record<string, string | undefined>>;

/** Which requests are traced, decided before a span exists, so that an untraced request pays for none. */
export interface Sampling {
  /**
   * False when no span can ever be recorded here: no exporter, disabled, or sampler `always_off`. Then the SDK is
   * never loaded.
   */
  readonly possible: boolean;
  /** The standard samplers' answer for a span of this trace under this parent. */
  decide(traceId: string, parent?: SpanContext): boolean;
}

const DEFAULT_SAMPLER = 'parentbased_always_on';
const PARENT_BASED = 'parentbased_';

/**
 * Reads OTEL_SDK_DISABLED, OTEL_TRACES_EXPORTER, OTEL_EXPORTER_OTLP_[TRACES_]ENDPOINT, OTEL_TRACES_SAMPLER and its
 * _ARG. Without an endpoint and without a named exporter nothing is recorded: the standard's default of localhost
 * would be noise.
 */
export function samplingFrom(env: Environment): Sampling {
  const { parentBased, root } = samplerFrom(env);
  return {
    possible: isExporting(env) && (parentBased || root !== never),
    decide(traceId, parent) {
      if (parentBased && parent !== undefined) return (parent.traceFlags & TraceFlags.SAMPLED) !== 0;
      return root(traceId);
    },
  };
}

function isExporting(env: Environment): boolean {
  if (env['OTEL_SDK_DISABLED']?.trim().toLowerCase() === 'true') return false;
  const exporter = env['OTEL_TRACES_EXPORTER']?.trim() ?? '';
  if (exporter.split(',').includes('none')) return false;
  return (
    exporter !== '' ||
    (env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] ?? env['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? '').trim() !== ''
  );
}

type Root = (traceId: string) => boolean;
const always: Root = () => true;
const never: Root = () => false;

function samplerFrom(env: Environment): { parentBased: boolean; root: Root } {
  const name = env['OTEL_TRACES_SAMPLER']?.trim() || DEFAULT_SAMPLER;
  const parentBased = name.startsWith(PARENT_BASED);
  switch (parentBased ? name.slice(PARENT_BASED.length) : name) {
    case 'always_on':
      return { parentBased, root: always };
    case 'always_off':
      return { parentBased, root: never };
    case 'traceidratio':
      return { parentBased, root: ratioOf(env['OTEL_TRACES_SAMPLER_ARG']) };
    default: // the standard asks for a warning and the default
      process.emitWarning(`OTEL_TRACES_SAMPLER=${name} is unknown; ${DEFAULT_SAMPLER} is used`);
      return { parentBased: true, root: always };
  }
}

function ratioOf(argument: string | undefined): Root {
  const ratio = Number(argument?.trim() || 1);
  if (!(ratio >= 0 && ratio <= 1)) {
    process.emitWarning(`OTEL_TRACES_SAMPLER_ARG=${argument} is not from 0 to 1; 1 is used`);
    return always;
  }
  if (ratio === 1) return always;
  const bound = Math.floor(ratio * 0xffff_ffff);
  return (traceId) => foldedTraceId(traceId) < bound;
}

/** The same fold as the SDK's TraceIdRatioBasedSampler: a process that uses the stock one picks the same traces. */
function foldedTraceId(traceId: string): number {
  let folded = 0;
  for (let start = 0; start < 32; start += 8)
    folded = (folded ^ Number.parseInt(traceId.slice(start, start + 8), 16)) >>> 0;
  return folded;
}
