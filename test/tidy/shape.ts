/** The shape of the project around its code: its top folder, its dependencies, its lock file. */

import { isBuiltin } from 'node:module';
import type { Finding, Rule, Tree } from './tree.js';

/** What may stand in the top folder, apart from names with a dot in front. */
const TOP_LEVEL = new Set([
  'LICENSE',
  'README.md',
  'bench',
  'fixtures',
  'package-lock.json',
  'package.json',
  'src',
  'test',
  'tsconfig.json',
  'workers',
]);

export const topLevel: Rule = (tree) =>
  tree.topLevel
    .filter((name) => !name.startsWith('.') && !TOP_LEVEL.has(name))
    .map((path) => ({ path, message: 'does not belong into the top folder' }));

/** The code that is published imports what users install with it, and no more is installed than it imports. */
export const dependencies: Rule = (tree) => {
  const { dependencies: declared = {} } = packageOf(tree);
  const findings: Finding[] = [];
  const imported = new Set<string>();
  for (const { path, imports } of tree.sources.values()) {
    if (!/^(?:src|workers)\//.test(path)) continue;
    for (const { specifier, target, line } of imports) {
      if (target !== undefined || isBuiltin(specifier)) continue;
      const name = packageName(specifier);
      imported.add(name);
      if (name in declared || name === 'oftp') continue;
      findings.push({ path, line, message: `"${name}" is not among the dependencies of package.json` });
    }
  }
  for (const name of Object.keys(declared)) {
    if (imported.has(name)) continue;
    findings.push({ path: 'package.json', message: `no file of src/ or workers/ imports the dependency "${name}"` });
  }
  return findings;
};

/** `@scope/name/part` and `name/part` belong to `@scope/name` and `name`. */
function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function packageOf({ texts }: Tree): { dependencies?: Record<string, string> } {
  return JSON.parse(texts.get('package.json') ?? '{}');
}

interface LockedPackage {
  readonly resolved?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/**
 * The lock file pins versions and contents, not the registry they were fetched from. It names what every platform
 * needs: `npm ci` refuses a lock without the optional packages that its author's registry did not have.
 */
export const lockFile: Rule = ({ texts }) => {
  const path = 'package-lock.json';
  const text = texts.get(path);
  if (text === undefined) return [{ path, message: 'is missing: builds would not be repeatable' }];
  const { packages = {} } = JSON.parse(text) as { packages?: Record<string, LockedPackage> };
  const findings: Finding[] = [];
  for (const [place, { resolved, optionalDependencies = {} }] of Object.entries(packages)) {
    if (resolved !== undefined) {
      findings.push({ path, message: `${place} is "resolved": set omit-lockfile-registry-resolved=true in .npmrc` });
    }
    for (const name of Object.keys(optionalDependencies)) {
      if (`node_modules/${name}` in packages || `${place}/node_modules/${name}` in packages) continue;
      findings.push({ path, message: `has no entry for ${name}, an optional dependency of ${place}` });
    }
  }
  return findings;
};
