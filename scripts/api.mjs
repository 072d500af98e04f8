// `npm run api`: writes docs/api-report.txt, the names and signatures that each entry point of the package has, from the
// built declarations. With --check it compares instead, and fails where they differ: a change of the API is then seen in
// review.
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { readOptions } from './options.mjs';

const { values } = readOptions(import.meta.url, { options: { check: { type: 'boolean', default: false } } });
process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const REPORT = 'docs/api-report.txt';

/** @type {{ exports: Record<string, string | { types: string }> }} */
const { exports } = JSON.parse(readFileSync('package.json', 'utf8'));
const entries = Object.entries(exports).flatMap(([name, target]) =>
  typeof target === 'string' ? [] : [{ name: `cramfs-map${name.slice(1)}`, file: target.types }],
);
const program = ts.createProgram(
  entries.map(({ file }) => file),
  {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
  },
);
const checker = program.getTypeChecker();
const printer = ts.createPrinter({ removeComments: true });

const text = entries.map(entryText).join('\n');
if (values.check) {
  const committed = readFileSync(REPORT, 'utf8');
  if (committed !== text) {
    const [was, is] = [committed.split('\n'), text.split('\n')];
    for (const line of was) if (!is.includes(line)) console.error(`- ${line}`);
    for (const line of is) if (!was.includes(line)) console.error(`+ ${line}`);
    console.error(`api: the public API is not what ${REPORT} says; if that is meant, run: npm run api`);
    process.exitCode = 1;
  }
} else {
  writeFileSync(REPORT, text);
  for (const { name, file } of entries) console.log(`${name}  ${symbolsOf(file).length} names`);
}

/** @param {string} file */
function symbolsOf(file) {
  const source = program.getSourceFile(file);
  const module = source === undefined ? undefined : checker.getSymbolAtLocation(source);
  if (module === undefined) throw new Error(`${file} is missing: run "npm run build" first`);
  return checker.getExportsOfModule(module).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** @param {{ name: string, file: string }} entry */
function entryText({ name, file }) {
  const symbols = symbolsOf(file);
  const lines = symbols.map((symbol) => {
    const origin = (symbol.flags & ts.SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol);
    const declarations = (origin.declarations ?? []).map(declarationText);
    return `${symbol.name}${symbol.name === origin.name ? '' : ` (${origin.name})`}\n${declarations.join('\n')}`;
  });
  return `# ${name}: ${symbols.length} names\n\n${lines.join('\n')}\n`;
}

/**
 * A declaration in the fewest words, indented.
 * @param {ts.Declaration} declaration
 */
function declarationText(declaration) {
  const node = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
  const { transformed } = ts.transform(/** @type {ts.Node} */ (node), [
    (context) => inOrder(context, node.getSourceFile()),
  ]);
  return printer
    .printNode(ts.EmitHint.Unspecified, transformed[0] ?? node, node.getSourceFile())
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
}

/**
 * Sorts the members of unions and of types without a name, and writes strings in double quotes. The compiler writes what
 * it inferred in the order in which it met it, which changes with code elsewhere.
 * @param {ts.TransformationContext} context
 * @param {ts.SourceFile} source
 * @returns {(node: ts.Node) => ts.Node}
 */
function inOrder(context, source) {
  /**
   * @template {ts.Node} N
   * @param {readonly N[]} nodes
   */
  const sorted = (nodes) =>
    nodes
      .map((node) => ({ node, text: printer.printNode(ts.EmitHint.Unspecified, node, source) }))
      .sort((a, b) => (a.text < b.text ? -1 : Number(a.text > b.text)))
      .map(({ node }) => node);
  return function visit(node) {
    if (ts.isStringLiteral(node)) return ts.factory.createStringLiteral(node.text);
    const inner = ts.visitEachChild(node, visit, context);
    if (ts.isUnionTypeNode(inner)) return ts.factory.createUnionTypeNode(sorted(inner.types));
    if (ts.isTypeLiteralNode(inner)) return ts.factory.createTypeLiteralNode(sorted(inner.members));
    return inner;
  };
}
