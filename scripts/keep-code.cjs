// node --require scripts/keep-code.cjs dist/bin/PROGRAM.cjs …: keeps, when the program ends, what V8 compiled of its files,
// the functions that were called included, where bin/launch.ts looks for it: in its pack, if it is one. With LOADED in the
// environment the names of the files are written to the file of that name, as JSON, in the order in which they were loaded.
const { renameSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');
const { threadId } = require('node:worker_threads');

const { Script } = vm;
/** Bytes before the code of a pack: its length. */
const PACK_HEAD = 8;
/** @type {{ file: string, text: string, script: import('node:vm').Script }[]} */
const scripts = [];

vm.Script = class extends Script {
  /** @param {string} text @param {import('node:vm').ScriptOptions} options */
  constructor(text, options) {
    super(text, options);
    scripts.push({ file: options.filename ?? '', text, script: this });
  }
};

process.on('exit', () => {
  const ending = `.${process.versions.v8}-${process.arch}.code`;
  for (const { file, text, script } of scripts) {
    const code = script.createCachedData();
    if (file.endsWith(ending)) write(file, packWith(code, text));
    else write(`${file}${ending}`, code);
  }
  const { LOADED } = process.env;
  if (LOADED !== undefined && threadId === 0) {
    write(LOADED, Buffer.from(JSON.stringify(scripts.map(({ file }) => path.basename(file)))));
  }
});

/** @param {Buffer} code @param {string} text */
function packWith(code, text) {
  const head = Buffer.alloc(PACK_HEAD);
  new Uint32Array(head.buffer)[0] = code.length;
  return Buffer.concat([head, code, Buffer.from(text, 'latin1')]);
}

/** @param {string} file @param {Buffer} bytes */
function write(file, bytes) {
  const temporary = `${file}.${process.pid}-${threadId}`;
  writeFileSync(temporary, bytes);
  renameSync(temporary, file);
}
