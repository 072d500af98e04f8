import { nodeIo } from '../lib/cli/nodeIo.ts';
import { runCramfsMap } from '../lib/cli/run.ts';

process.exitCode = runCramfsMap(process.argv.slice(2), nodeIo());
