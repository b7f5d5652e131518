// Loaded by Node before a service, in a lab: at SIGUSR2 the process computes for a while and does nothing else.
const DEFAULT_MS = 2_000;

process.on('SIGUSR2', () => {
  const until = performance.now() + Number(process.env['STAMPEDE_LAB_BLOCK_MS'] ?? DEFAULT_MS);
  while (performance.now() < until);
});
