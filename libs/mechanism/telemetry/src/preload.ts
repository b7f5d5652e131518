import { startPropagation } from './tracing';

// For `--require`: trace context before anything else runs. pg and ioredis may be loaded before or after, see sdk.ts.
startPropagation();
