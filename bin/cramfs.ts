import { runCramfs } from '../lib/cli/cramfs.ts';
import { nodeIo } from '../lib/cli/nodeIo.ts';

void runCramfs(process.argv.slice(2), nodeIo()).then((exitCode) => {
  process.exitCode = exitCode;
});
