// `npm` in the sandbox of the documentation: scripts must exist, nothing is run or fetched.
import { readFileSync } from 'node:fs';
import process from 'node:process';

const [manifest = '', command = '', name = ''] = process.argv.slice(2);
const { scripts } = JSON.parse(readFileSync(manifest, 'utf8'));
const isKnown = command === 'run' ? name in scripts : ['ci', 'install', 'pack', 'test'].includes(command);
if (!isKnown) console.error(`npm ${command} ${name}: there is no such script`);
process.exit(isKnown ? 0 : 1);
