// Loaded by Node before a service, in a lab: its clock is off by STAMPEDE_LAB_CLOCK_MS, as that of a machine would be.
// What measures how long something takes is not concerned: that is another clock.
const offsetMs = Number(process.env['STAMPEDE_LAB_CLOCK_MS'] ?? 0);
const TrueDate = Date;
const now = (): number => TrueDate.now() + offsetMs;

globalThis.Date = new Proxy(TrueDate, {
  construct: (target, args: unknown[], made) =>
    Reflect.construct(target, args.length === 0 ? [now()] : args, made) as Date,
  apply: () => new TrueDate(now()).toString(),
  get: (target, property) => (property === 'now' ? now : (Reflect.get(target, property) as unknown)),
});
Object.defineProperty(TrueDate.prototype, 'constructor', { value: Date });
Object.defineProperty(performance, 'timeOrigin', { value: performance.timeOrigin + offsetMs });
