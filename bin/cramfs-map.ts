import { nodeIo } from '../lib/cli/nodeIo.ts';
import { runCramfsMap } from '../lib/cli/run.ts';

void runCramfsMap(process.argv.slice(2), nodeIo()).then((exitCode) => {
  // Everything is written. A program that ends by itself takes another turn, in which V8 collects garbage for nothing.
  process.exit(exitCode);
});
