// Loaded before each service: its old objects may grow by half between collections, not to four times what lives. Set
// from within, so that a Node that does not know the flag starts all the same.
const { setFlagsFromString } = require('node:v8') as typeof import('node:v8');
setFlagsFromString('--heap-growing-percent=50');
