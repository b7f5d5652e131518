import { openBus } from '../src/index';

/**
 * A consumer that takes an event, tells its parent, and never finishes. Its arguments are one JSON: bus options,
 * topic, group.
 */
async function hang(): Promise<void> {
  const { topic, group, ...options } = JSON.parse(process.argv[2] ?? '{}');
  const bus = await openBus({ ...options, clientId: 'hang' });
  await bus.subscribe({
    topic,
    group,
    onEvent(event) {
      process.send?.(event.id);
      return new Promise(() => undefined);
    },
  });
}

void hang();
