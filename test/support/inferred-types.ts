import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { programOf, root } from './snippets.js';

const probe = join(root, 'test/inferred-types-probe.ts');

/** Every name that a program can import of a library: `nestjs-drain`, `nestjs-drain/resume` … */
function entriesOf(library: string): string[] {
  const text = readFileSync(join(root, 'libs', library, 'package.json'), 'utf8');
  const { exports } = JSON.parse(text) as { exports: Record<string, unknown> };
  const paths = Object.keys(exports).filter((path) => path !== './package.json');
  return paths.map((path) => join(library, path));
}

/**
 * The calls and properties of a library whose types an application cannot write into its declarations, because a
 * part of them has no exported name. As `Class.method (the name that is missing)`.
 */
export function unnamedTypesOf(library: string): { looked: number; unnamed: string[] } {
  const imports = entriesOf(library).map((name, index) => `import * as e${index} from '${name}';`);
  const uses = usesOf(imports);
  const lines = uses.map(({ code }, index) => `export const u${index} = ${code};`);
  const program = programOf(new Map([[probe, [...imports, ...lines].join('\n')]]));
  const source = program.getSourceFile(probe)!;
  // Other errors are of the arguments, which are none.
  const unnamed = program.getDeclarationDiagnostics(source).map(({ start = 0, messageText }) => {
    const { line } = ts.getLineAndCharacterOfPosition(source, start);
    const missing = /(?:reference to|using name) '(\w+)'/.exec(
      ts.flattenDiagnosticMessageText(messageText, '\n'),
    )?.[1];
    return `${uses[line - imports.length]?.name} (${missing})`;
  });
  return { looked: uses.length, unnamed: [...new Set(unnamed)].sort() };
}

interface Use {
  readonly name: string;
  /** An expression whose type a compiler infers. */
  readonly code: string;
}

function usesOf(imports: readonly string[]): Use[] {
  const program = programOf(new Map([[probe, imports.join('\n')]]));
  const checker = program.getTypeChecker();
  const statements = program.getSourceFile(probe)!.statements.filter(ts.isImportDeclaration);
  return statements.flatMap(({ moduleSpecifier }, index) => {
    const entry = checker.getSymbolAtLocation(moduleSpecifier);
    if (!entry) throw new Error(`${moduleSpecifier.getText()} cannot be found: build it first.`);
    return checker.getExportsOfModule(entry).flatMap((exported) => {
      const isAlias = exported.flags & ts.SymbolFlags.Alias;
      const symbol = isAlias ? checker.getAliasedSymbol(exported) : exported;
      const path = `e${index}.${exported.name}`;
      return [...usesOfValue(checker, symbol, path), ...usesOfType(checker, symbol, path)];
    });
  });
}

/** A function, and the static members of a class. */
function usesOfValue(checker: ts.TypeChecker, symbol: ts.Symbol, path: string): Use[] {
  if (!(symbol.flags & ts.SymbolFlags.Value)) return [];
  const type = checker.getTypeOfSymbol(symbol);
  const isFunction = type.getCallSignatures().length > 0;
  return [
    ...(isFunction ? [{ name: symbol.name, code: `() => ${called(path)}` }] : []),
    ...membersOf(checker, type).map(({ name, read }) => ({
      name: `${symbol.name}.${name}`,
      code: `() => ${read(path)}`,
    })),
  ];
}

/** What an instance has. */
function usesOfType(checker: ts.TypeChecker, symbol: ts.Symbol, path: string): Use[] {
  if (!(symbol.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface))) return [];
  const type = checker.getDeclaredTypeOfSymbol(symbol) as ts.InterfaceType;
  const given = (type.typeParameters ?? []).map(() => 'any').join(', ');
  return membersOf(checker, type).map(({ name, read }) => ({
    name: `${symbol.name}.${name}`,
    code: `(it: ${path}${given && `<${given}>`}) => ${read('it')}`,
  }));
}

interface Member {
  readonly name: string;
  readonly read: (object: string) => string;
}

/** The public ones that a library here declares. */
function membersOf(checker: ts.TypeChecker, type: ts.Type): Member[] {
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
  const members = type.getProperties().filter(({ declarations = [], name }) => {
    const flags = declarations.map((one) => ts.getCombinedModifierFlags(one));
    const isOurs = declarations.some((one) => one.getSourceFile().fileName.includes('/libs/'));
    return isOurs && /^\w+$/.test(name) && flags.every((flag) => !(flag & hidden));
  });
  return members.map((member) => {
    const isMethod = checker.getTypeOfSymbol(member).getCallSignatures().length > 0;
    const { name } = member;
    return { name, read: (it) => (isMethod ? called(`${it}.${name}`) : `${it}.${name}`) };
  });
}

/** Any arguments will do: only the type of what comes back is looked at. */
const called = (path: string): string => `${path}(...(undefined as never))`;
