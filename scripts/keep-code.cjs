// node --require scripts/keep-code.cjs dist/bin/PROGRAM.cjs …: keeps, when the program ends, what V8 compiled of its files,
// the functions that were called included, where bin/launch.ts looks for it.
const { renameSync, writeFileSync } = require('node:fs');
const vm = require('node:vm');
const { threadId } = require('node:worker_threads');

const { Script } = vm;
/** @type {[file: string, script: import('node:vm').Script][]} */
const scripts = [];

vm.Script = class extends Script {
  /** @param {string} text @param {import('node:vm').ScriptOptions} options */
  constructor(text, options) {
    super(text, options);
    scripts.push([options.filename ?? '', this]);
  }
};

process.on('exit', () => {
  for (const [file, script] of scripts) {
    const kept = `${file}.${process.versions.v8}-${process.arch}.code`;
    const temporary = `${kept}.${process.pid}-${threadId}`;
    writeFileSync(temporary, script.createCachedData());
    renameSync(temporary, kept);
  }
});
