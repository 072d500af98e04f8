/** The library's examples in the documentation: compiled as strictly as the library itself. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** package.json, as far as it matters here. */
export const manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
};

/** The entry points: `cramfs-map/browser` → its source. */
const ENTRIES = Object.fromEntries(
  Object.entries(manifest.exports).flatMap(([name, value]) =>
    typeof value === 'string'
      ? []
      : [[`cramfs-map${name.slice(1)}`, [value.default.replace('dist/', '').replace(/js$/, 'ts')]]],
  ),
);

/** The source files of the entry points: name without extension → file. */
export const entryPoints: Readonly<Record<string, string>> = Object.fromEntries(
  Object.values(ENTRIES).flatMap(([file = '']) => [[/(\w+)[.]ts$/.exec(file)?.[1] ?? '', `${root}${file.slice(2)}`]]),
);

/** What the compiler says about programs; empty when all is well. */
export function compileExamples(examples: ReadonlyMap<string, string>): string[] {
  const { config } = ts.readConfigFile(`${root}tsconfig.check.json`, (file) => ts.sys.readFile(file)) as {
    config: object;
  };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const host = ts.createCompilerHost({ ...options, paths: ENTRIES });
  const files = new Map([...examples].map(([name, text]) => [`${root}examples/${name}`, text]));
  const original = { ...host };
  host.fileExists = (name) => files.has(name) || original.fileExists(name);
  host.readFile = (name) => files.get(name) ?? original.readFile(name);
  host.getSourceFile = (name, version, ...rest) => {
    const text = files.get(name);
    return text === undefined
      ? original.getSourceFile(name, version, ...rest)
      : ts.createSourceFile(name, text, version);
  };
  const program = ts.createProgram([...files.keys()], { ...options, paths: ENTRIES, noEmit: true }, host);
  return [...files.keys()].flatMap((name) => {
    const source = program.getSourceFile(name);
    if (source === undefined) return [`${name} was not read`];
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    return found.map(({ start = 0, messageText }) => {
      const line = source.getLineAndCharacterOfPosition(start).line + 1;
      return `${name.slice(root.length)}:${String(line)}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    });
  });
}
