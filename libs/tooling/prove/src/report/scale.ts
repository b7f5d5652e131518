/** From a figure to a place on a chart, with the figures that are written beside it. */
export interface Scale {
  /** px from the top. */
  at(value: number): number;
  readonly ticks: readonly Tick[];
}

export interface Tick {
  readonly value: number;
  readonly label: string;
}

/** From 0, at the bottom, to a round figure not below `max`. */
export function linearScale(max: number, heightPx: number, most = 4): Scale {
  const step = roundStep(Math.max(max, 1) / most);
  const top = Math.ceil(Math.max(max, 1) / step) * step;
  const count = Math.round(top / step);
  const ticks = Array.from({ length: count + 1 }, (_, index) => tick(round(index * step)));
  return { at: (value) => heightPx * (1 - value / top), ticks };
}

/** Ratios as distances, from a round figure not above `min` to one not below `max`. Both are above 0. */
export function logScale(min: number, max: number, heightPx: number): Scale {
  const bottom = 10 ** Math.floor(Math.log10(min));
  const top = Math.max(10 ** Math.ceil(Math.log10(max)), bottom * 10);
  const decades = Math.round(Math.log10(top / bottom));
  const ticks = Array.from({ length: decades + 1 }, (_, index) => tick(round(bottom * 10 ** index)));
  const at = (value: number) => heightPx * (1 - Math.log10(Math.max(value, bottom) / bottom) / decades);
  return { at, ticks };
}

/** Whole seconds, at most seven of them. */
export function timeTicks(lengthMs: number): readonly Tick[] {
  const seconds = lengthMs / 1_000;
  const step = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600].find((each) => seconds / each <= 6) ?? 1_200;
  return Array.from({ length: Math.floor(seconds / step) + 1 }, (_, index) => ({
    value: index * step * 1_000,
    label: `${index * step} s`,
  }));
}

/** 1, 2 or 5 times a power of ten, not below `step`. */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  return (([1, 2, 5, 10].find((factor) => factor * power >= step * 0.999) ?? 10) as number) * power;
}

function tick(value: number): Tick {
  return { value, label: figure(value) };
}

/** Thousands as the world writes them, and no digit that says nothing. */
export function figure(value: number): string {
  const text = value >= 1_000 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
  return text.replaceAll(/\B(?=(\d{3})+$)/g, ',');
}

function round(value: number): number {
  return Number(value.toPrecision(6));
}
