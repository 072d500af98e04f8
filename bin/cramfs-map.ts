import { nodeIo } from '../lib/cli/nodeIo.ts';
import { runCramfsMap } from '../lib/cli/run.ts';

void runCramfsMap(process.argv.slice(2), nodeIo()).then((exitCode) => {
  process.exitCode = exitCode;
});
