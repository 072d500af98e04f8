// Loaded into the measured processes with --require: reports the peak memory of the process when it ends. For the
// command and for bare node alike, so that the hook's own cost is in both.
const { writeFileSync } = require('node:fs');

process.on('exit', () => {
  writeFileSync(process.env.CRAMFS_BENCH_RSS ?? '/dev/null', String(process.resourceUsage().maxRSS));
});
