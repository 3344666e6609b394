import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export const root = fileURLToPath(new URL('../../', import.meta.url));

export interface Snippet {
  readonly file: string;
  /** The line of its first line of code, from 1. */
  readonly line: number;
  /** The reader's own names, with or without a type: those of the comment `<!-- given: a, b: B -->` above it. */
  readonly given: readonly string[];
  readonly code: string;
}

/** The pages whose code readers copy. */
export function pages(): string[] {
  const inFolder = (folder: string): string[] =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `${folder}/${name}`);
  const libraries = readdirSync(join(root, 'libs')).flatMap((name) => inFolder(`libs/${name}`));
  return ['README.md', ...inFolder('docs'), ...libraries];
}

export function snippetsOf(file: string, text: string): Snippet[] {
  const fence =
    /(?:<!-- given: (?<given>[^>]*) -->\s*)?^(?<indent> *)```ts\n(?<code>[^]*?)^ *```$/gm;
  return [...text.matchAll(fence)].map(({ index, 0: whole, groups }) => ({
    file,
    line: text.slice(0, index + whole.indexOf('```ts')).split('\n').length + 1,
    given: groups?.['given']?.split(',').map((name) => name.trim()) ?? [],
    code: (groups?.['code'] ?? '')
      .split('\n')
      .map((line) => line.slice(groups?.['indent']?.length))
      .join('\n'),
  }));
}

export const readSnippets = (): Snippet[] =>
  pages().flatMap((file) => snippetsOf(file, readFileSync(join(root, file), 'utf8')));

/** What a snippet may use without an import, as an editor would offer it. */
const offered = [
  ...[
    'nestjs-drain',
    'resume',
    'ai-sdk',
    'durable-streams',
    'websocket',
    'grpc',
    'microservice',
    'queue',
    'graphql',
    'metrics',
  ].map((entry, index) => (index === 0 ? entry : `nestjs-drain/${entry}`)),
  'nestjs-drain/opentelemetry',
  'nestjs-drain-resume',
  'nestjs-drain-client',
  '@nestjs/common',
  '@nestjs/bullmq',
  '@nestjs/schedule',
  '@nestjs/testing',
  'bullmq',
  'rxjs',
];

/** As in the applications that `nest new` makes. */
const readersOptions: ts.CompilerOptions = {
  module: ts.ModuleKind.NodeNext,
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2023.d.ts'],
  types: ['node'],
  strict: true,
  skipLibCheck: true,
  noEmit: true,
  // What a method returns must have a name that its application can write.
  declaration: true,
  experimentalDecorators: true,
};

/** The errors of each snippet, as `file:line message`. All are checked in one program. */
export function checkSnippets(snippets: readonly Snippet[]): Map<Snippet, string[]> {
  const exported = exportsOf(offered);
  const texts = new Map<string, { snippet: Snippet; text: string; header: number }>();
  for (const [index, snippet] of snippets.entries()) {
    const body = moduleOf(snippet.code.replaceAll('…', '(undefined as never)'));
    const header = headerOf(body.text, snippet.given, exported);
    texts.set(join(root, 'test', `snippet-${index}.ts`), {
      snippet,
      text: [...header, body.text, 'export {};'].join('\n'),
      header: header.length + body.linesBefore,
    });
  }
  const program = programOf(new Map([...texts].map(([name, { text }]) => [name, text])));
  const errors = new Map<Snippet, string[]>();
  for (const [name, { snippet, header }] of texts) {
    const source = program.getSourceFile(name);
    const found = ts.getPreEmitDiagnostics(program, source).map((diagnostic) => {
      const { line } = ts.getLineAndCharacterOfPosition(source!, diagnostic.start ?? 0);
      const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n');
      return `${snippet.file}:${snippet.line + line - header} ${message}`;
    });
    errors.set(snippet, found);
  }
  return errors;
}

/** As it stands, or as members of a class, or as decorators of one: the first that is TypeScript. */
function moduleOf(code: string): { text: string; linesBefore: number } {
  const members = (tail: string): string => `class Fragment {\n${code}\n${tail}}`;
  const candidates = [
    { text: code, linesBefore: 0 },
    { text: members(''), linesBefore: 1 },
    { text: members('member(): unknown { return; }\n'), linesBefore: 1 },
  ];
  return candidates.find(({ text }) => isSyntax(text)) ?? candidates[0]!;
}

function isSyntax(text: string): boolean {
  const { diagnostics } = ts.transpileModule(text, {
    compilerOptions: readersOptions,
    fileName: join(root, 'test/snippet.ts'),
    reportDiagnostics: true,
  });
  return diagnostics?.length === 0;
}

/** One line for each name: the imports an editor would add, and the reader's own names. */
function headerOf(
  text: string,
  given: readonly string[],
  exported: ReadonlyMap<string, string>,
): string[] {
  const source = ts.createSourceFile('snippet.ts', text, ts.ScriptTarget.ES2022, true);
  const own = given.map((one) => one.split(/: */) as [name: string, type?: string]);
  const used = new Set(own.flatMap(([, type]) => type ?? []));
  const declared = new Set(own.map(([name]) => name));
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) (isDeclaration(node) ? declared : used).add(node.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  const imports = [...used]
    .filter((name) => exported.has(name) && !declared.has(name))
    .map((name) => `import { ${name} } from '${exported.get(name)}';`);
  const declarations = own.map(([name, type = 'any']) =>
    type === 'any'
      ? `declare const ${name}: any; type ${name} = any;`
      : `declare const ${name}: ${type};`,
  );
  return [...imports, ...declarations];
}

function isDeclaration(node: ts.Identifier): boolean {
  const { parent } = node;
  const isMember = ts.isClassElement(parent) || ts.isPropertyAssignment(parent);
  return !isMember && (parent as { name?: ts.Node }).name === node && !isAccess(parent);
}

const isAccess = (node: ts.Node): boolean =>
  ts.isPropertyAccessExpression(node) || ts.isShorthandPropertyAssignment(node);

/** Names by the module that exports them; the first that does is offered. */
function exportsOf(modules: readonly string[]): Map<string, string> {
  const probe = join(root, 'test', 'snippet-exports.ts');
  const text = modules.map((name, index) => `import * as m${index} from '${name}';`).join('\n');
  const program = programOf(new Map([[probe, text]]));
  const checker = program.getTypeChecker();
  const found = new Map<string, string>();
  for (const statement of program.getSourceFile(probe)!.statements) {
    if (!ts.isImportDeclaration(statement)) continue;
    const symbol = checker.getSymbolAtLocation(statement.moduleSpecifier);
    const name = (statement.moduleSpecifier as ts.StringLiteral).text;
    if (!symbol) throw new Error(`${name} cannot be found: build the packages first.`);
    for (const { name: exportedName } of checker.getExportsOfModule(symbol))
      if (!found.has(exportedName)) found.set(exportedName, name);
  }
  return found;
}

/** A program of files that are in no folder, beside the packages that are. */
export function programOf(files: ReadonlyMap<string, string>): ts.Program {
  const host = ts.createCompilerHost(readersOptions);
  const fileExists = host.fileExists.bind(host);
  const readFile = host.readFile.bind(host);
  host.fileExists = (name) => files.has(name) || fileExists(name);
  host.readFile = (name) => files.get(name) ?? readFile(name);
  return ts.createProgram([...files.keys()], readersOptions, host);
}
