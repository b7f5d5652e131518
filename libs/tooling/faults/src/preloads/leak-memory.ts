// Loaded by Node before a service, in a lab: from SIGUSR2 on the process keeps more and more, and lets go of nothing.
const DEFAULT_MB_PER_S = 20;
const STEP_MS = 100;
const NUMBERS_PER_MB = 131_072; // 8 bytes each

const kept: number[][] = [];

process.on('SIGUSR2', () => {
  const perStep = (Number(process.env['STAMPEDE_LAB_LEAK_MB_PER_S'] ?? DEFAULT_MB_PER_S) * STEP_MS) / 1_000;
  setInterval(() => {
    kept.push(Array.from({ length: Math.ceil(perStep * NUMBERS_PER_MB) }, (_, index) => index + 0.5));
  }, STEP_MS).unref();
});
