import { runCramfsLab } from '../kernel-lab/host/cli/cramfsLab.ts';
import { nodeIo } from '../lib/cli/nodeIo.ts';

void runCramfsLab(process.argv.slice(2), nodeIo()).then((exitCode) => {
  process.exitCode = exitCode;
});
