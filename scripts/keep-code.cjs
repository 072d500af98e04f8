// node --require scripts/keep-code.cjs dist/bin/PROGRAM.cjs …: keeps, when the program ends, what V8 compiled of its files,
// the functions that were called included, where bin/launch.ts looks for it. With PACK in the environment it also makes a
// pack of that name of the files; if there was one, the code in it is replaced.
const { readFileSync, renameSync, writeFileSync } = require('node:fs');
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
  const { PACK } = process.env;
  if (PACK !== undefined && threadId === 0) {
    const bodies = scripts.map(({ file }) => {
      const text = readFileSync(file, 'utf8');
      return `${JSON.stringify(`./${path.basename(file)}`)}: function (exports, require, module, __filename, __dirname) {${text}\n}`;
    });
    write(`${PACK}${ending}`, packWith(Buffer.alloc(0), `({${bodies.join(',\n')}})`));
  }
});

/** @param {Buffer} code @param {string} text */
function packWith(code, text) {
  const head = Buffer.alloc(PACK_HEAD);
  head.writeUInt32LE(code.length);
  return Buffer.concat([head, code, Buffer.from(text)]);
}

/** @param {string} file @param {Buffer} bytes */
function write(file, bytes) {
  const temporary = `${file}.${process.pid}-${threadId}`;
  writeFileSync(temporary, bytes);
  renameSync(temporary, file);
}
