/**
 * What the rules need to know of a source file, read from the syntax tree that TypeScript itself makes of it.
 * The one place that knows TypeScript's API, which its authors may still change.
 */

import { posix } from 'node:path';
import {
  type ClassDeclaration,
  type ExportDeclaration,
  type Expression,
  type FunctionDeclaration,
  type Identifier,
  type ImportDeclaration,
  type InterfaceDeclaration,
  isCallExpression,
  isClassDeclaration,
  isExportDeclaration,
  isFunctionDeclaration,
  isFunctionLikeDeclaration,
  isIdentifier,
  isImportDeclaration,
  isImportTypeNode,
  isInterfaceDeclaration,
  isLiteralTypeNode,
  isNamedExports,
  isNamedImports,
  isNewExpression,
  isPropertyAccessExpression,
  isShorthandPropertyAssignment,
  isStringLiteral,
  isTypeAliasDeclaration,
  isVariableStatement,
  type Node,
  type SourceFile,
  SyntaxKind,
} from 'typescript/unstable/ast';
import { createVirtualFileSystem } from 'typescript/unstable/fs';
import { API } from 'typescript/unstable/sync';

export interface Import {
  /** As written: `./codec.js`, `node:fs`, `pino`. */
  readonly specifier: string;
  /** The project path of a relative specifier (`src/protocol/commands/codec.ts`), or undefined for a package. */
  readonly target: string | undefined;
  /** The names that are taken, or all of them (`import * as`, `export * from`, a dynamic import). */
  readonly names: readonly string[] | 'all';
  /** `url`: a file named by `new URL('./x.js', import.meta.url)`, started as a thread or read. */
  readonly kind: 'import' | 'url';
  readonly line: number;
}

export interface Export {
  readonly name: string;
  readonly isType: boolean;
  readonly line: number;
}

export interface FunctionSpan {
  readonly line: number;
  /** From the line of its head to the line of its closing brace. */
  readonly lines: number;
}

/** A use of a name that is not a member of something: `Buffer`; or of a member of such a name: `Date.now`. */
export interface Reference {
  readonly name: string;
  readonly line: number;
}

export interface Source {
  readonly path: string;
  readonly imports: readonly Import[];
  readonly exports: readonly Export[];
  readonly functions: readonly FunctionSpan[];
  readonly references: readonly Reference[];
  /** The interfaces of the file and the names of their members. */
  readonly interfaces: ReadonlyMap<string, readonly string[]>;
}

const OPTIONS = { module: 'nodenext', noLib: true, noResolve: true, types: [] };

/** Parses TypeScript files, given as project path and text; nothing is read from the disk. */
export function parseSources(files: ReadonlyMap<string, string>): Map<string, Source> {
  const config = { compilerOptions: OPTIONS, files: [...files.keys()] };
  const texts = Object.fromEntries([...files].map(([path, text]) => [`/${path}`, text]));
  const fs = createVirtualFileSystem({ ...texts, '/tsconfig.json': JSON.stringify(config) });
  const api = new API({ cwd: '/', fs });
  try {
    const project = api.updateSnapshot({ openProject: '/tsconfig.json' }).getProject('/tsconfig.json');
    const parse = (path: string): [string, Source] => {
      const tree = project?.program.getSourceFile(`/${path}`);
      if (!tree) throw new Error(`${path} could not be parsed`);
      return [path, new Reader(path, tree).source];
    };
    return new Map([...files.keys()].map(parse));
  } finally {
    api.close();
  }
}

/** Collects the facts of one syntax tree. */
class Reader {
  readonly source: Source;
  readonly #imports: Import[] = [];
  readonly #exports: Export[] = [];
  readonly #functions: FunctionSpan[] = [];
  readonly #references: Reference[] = [];
  readonly #path: string;
  readonly #tree: SourceFile;

  constructor(path: string, tree: SourceFile) {
    this.#path = path;
    this.#tree = tree;
    for (const statement of tree.statements) this.#readExport(statement);
    this.#visit(tree);
    const facts = { imports: this.#imports, exports: this.#exports, functions: this.#functions };
    const interfaces = new Map(tree.statements.filter(isInterfaceDeclaration).map(memberNames));
    this.source = { path, ...facts, references: this.#references, interfaces };
  }

  #line(position: number): number {
    return this.#tree.getLineAndCharacterOfPosition(position).line + 1;
  }

  #visit(node: Node): void {
    this.#readImport(node);
    this.#readReference(node);
    if (isFunctionLikeDeclaration(node)) {
      const line = this.#line(node.getStart(this.#tree));
      this.#functions.push({ line, lines: this.#line(node.end) - line + 1 });
    }
    // The name of a member or of a declaration is not a use of that name.
    const own = 'name' in node && !isShorthandPropertyAssignment(node) ? node.name : undefined;
    node.forEachChild((child) => {
      if (child !== own || !isIdentifier(child)) this.#visit(child);
    });
  }

  #addImport(at: Node, specifier: Node | undefined, names: Import['names'], kind: Import['kind'] = 'import'): void {
    if (!specifier || !isStringLiteral(specifier)) return;
    const { text } = specifier;
    const target = text.startsWith('.')
      ? posix.join(posix.dirname(this.#path), text).replace(/\.js$/, '.ts')
      : undefined;
    this.#imports.push({ specifier: text, target, names, kind, line: this.#line(at.getStart(this.#tree)) });
  }

  #readImport(node: Node): void {
    if (isImportDeclaration(node)) this.#addImport(node, node.moduleSpecifier, importedNames(node));
    else if (isExportDeclaration(node)) this.#addImport(node, node.moduleSpecifier, reexportedNames(node));
    else if (isImportTypeNode(node)) {
      const argument = isLiteralTypeNode(node.argument) ? node.argument.literal : undefined;
      const names = node.qualifier && isIdentifier(node.qualifier) ? [node.qualifier.text] : 'all';
      this.#addImport(node, argument, names);
    } else if (isCallExpression(node) && isLoader(node.expression)) {
      this.#addImport(node, node.arguments[0], 'all');
    } else if (isNewExpression(node) && isNamed(node.expression, 'URL') && node.arguments?.length === 2) {
      this.#addImport(node, node.arguments[0], 'all', 'url');
    }
  }

  #readReference(node: Node): void {
    const line = this.#line(node.getStart(this.#tree));
    if (isIdentifier(node)) this.#references.push({ name: node.text, line });
    else if (isPropertyAccessExpression(node) && isIdentifier(node.expression)) {
      this.#references.push({ name: `${node.expression.text}.${node.name.getText()}`, line });
    } else if (isNewExpression(node) && isIdentifier(node.expression) && !node.arguments?.length) {
      this.#references.push({ name: `new ${node.expression.text}()`, line });
    }
  }

  #readExport(statement: Node): void {
    const line = this.#line(statement.getStart(this.#tree));
    const add = (name: string, isType = false) => this.#exports.push({ name, isType, line });
    if (isExportDeclaration(statement) && statement.exportClause && isNamedExports(statement.exportClause)) {
      for (const { name, isTypeOnly } of statement.exportClause.elements) {
        add(name.text, isTypeOnly || statement.isTypeOnly);
      }
    }
    if (!hasExportKeyword(statement)) return;
    if (isVariableStatement(statement)) {
      for (const { name } of statement.declarationList.declarations) {
        for (const identifier of boundNames(name)) add(identifier.text);
      }
    } else if (isFunctionDeclaration(statement) || isClassDeclaration(statement)) {
      add(declaredName(statement));
    } else if (isInterfaceDeclaration(statement) || isTypeAliasDeclaration(statement)) {
      add(statement.name.text, true);
    }
  }
}

function memberNames({ name, members }: InterfaceDeclaration): [string, string[]] {
  const names = members.map((member) => (member as { name?: Node }).name);
  return [name.text, names.filter((node) => node !== undefined).map(propertyText)];
}

function propertyText(name: Node): string {
  return isIdentifier(name) || isStringLiteral(name) ? name.text : name.getText();
}

/** `import('./x.js')`, or what `createRequire` gave: `require('./x.js')`. */
function isLoader(expression: Expression): boolean {
  return expression.kind === SyntaxKind.ImportKeyword || isNamed(expression, 'require');
}

function isNamed(expression: Expression, name: string): boolean {
  return isIdentifier(expression) && expression.text === name;
}

function declaredName(declaration: FunctionDeclaration | ClassDeclaration): string {
  return declaration.name?.text ?? 'default';
}

function hasExportKeyword(node: Node): boolean {
  const { modifiers } = node as { modifiers?: readonly Node[] };
  return modifiers?.some(({ kind }) => kind === SyntaxKind.ExportKeyword) ?? false;
}

/** The identifiers that a declaration's left side binds: one, or those of a pattern. */
function boundNames(name: Node): Identifier[] {
  if (isIdentifier(name)) return [name];
  const names: Identifier[] = [];
  name.forEachChild((element) => {
    if ('name' in element) names.push(...boundNames(element.name as Node));
  });
  return names;
}

function importedNames({ importClause }: ImportDeclaration): Import['names'] {
  const bindings = importClause?.namedBindings;
  if (bindings && !isNamedImports(bindings)) return 'all';
  const named = bindings?.elements.map((element) => (element.propertyName ?? element.name).text) ?? [];
  return importClause?.name ? ['default', ...named] : named;
}

function reexportedNames({ exportClause }: ExportDeclaration): Import['names'] {
  if (!exportClause || !isNamedExports(exportClause)) return 'all';
  return exportClause.elements.map((element) => (element.propertyName ?? element.name).text);
}
