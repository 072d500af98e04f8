import { nodeIo } from '../lib/cli/nodeIo.ts';
import { runCramfsMap } from '../lib/cli/run.ts';

void runCramfsMap(process.argv.slice(2), nodeIo()).then((exitCode) => {
  // All output is written synchronously. Returning to the event loop would let V8 collect garbage first: 3 to 4 ms.
  process.exit(exitCode);
});
