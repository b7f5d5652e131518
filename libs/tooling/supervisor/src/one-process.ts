// The program of `--single-process`: every service in one Node, for machines with little memory.
// Each entry point boots its own application on its own ports; a fault of one is then a fault of all.
for (const script of process.argv.slice(2)) require(script);
