/** What nobody uses is deleted. */

import type { Import, Source } from './parse.js';
import type { Finding, Rule, Tree } from './tree.js';

/** Where programs and users enter: the package, its command, the threads it starts. */
const ENTRANCE = /^(?:src\/index\.ts|src\/cli\/main\.ts|workers\/.*|bench\/.*|test\/run\.ts|.*\.test\.ts)$/;

/** Every file of `src/` is imported, over any number of steps, by the package, its command or a worker. */
export const deadFiles: Rule = ({ sources }) => {
  const alive = new Set<string>();
  const queue = [...sources.keys()].filter((path) => /^(?:src|workers)\//.test(path) && ENTRANCE.test(path));
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (alive.has(path)) continue;
    alive.add(path);
    for (const { target } of sources.get(path)?.imports ?? []) {
      if (target !== undefined) queue.push(target);
    }
  }
  return [...sources.keys()]
    .filter((path) => path.startsWith('src/') && !alive.has(path))
    .map((path) => ({ path, message: 'no program reaches this file: use it or delete it' }));
};

/** Every worker is named by the code that starts it. */
export const deadWorkers: Rule = ({ sources, texts }) => {
  const code = [...sources.keys()].filter((path) => path.startsWith('src/')).map((path) => texts.get(path) ?? '');
  const findings: Finding[] = [];
  for (const { path } of sources.values()) {
    const name = /^workers\/(.*)\.ts$/.exec(path)?.[1];
    if (name === undefined || code.some((text) => text.includes(name)) || isImportedByWorker(sources, path)) continue;
    findings.push({ path, message: `nothing in src/ names "${name}": start it or delete it` });
  }
  return findings;
};

function isImportedByWorker(sources: Tree['sources'], path: string): boolean {
  return [...sources.values()].some(
    (source) => source.path.startsWith('workers/') && source.imports.some(({ target }) => target === path),
  );
}

/**
 * Every exported value is imported by name somewhere, be it in a test. A type may also be exported for the sake of a
 * declaration in its own file that uses it.
 */
export const deadExports: Rule = ({ sources }) => {
  const used = usedNames(sources);
  const findings: Finding[] = [];
  for (const source of sources.values()) {
    if (ENTRANCE.test(source.path)) continue;
    const names = used.get(source.path);
    if (names === 'all') continue;
    for (const { name, isType, line } of source.exports) {
      if (names?.has(name) || (isType && isReferenced(source, name))) continue;
      findings.push({
        path: source.path,
        line,
        message: `nobody imports "${name}": take the export off, or delete it`,
      });
    }
  }
  return findings;
};

function isReferenced({ references }: Source, name: string): boolean {
  return references.some((reference) => reference.name === name);
}

function usedNames(sources: Tree['sources']): Map<string, Set<string> | 'all'> {
  const used = new Map<string, Set<string> | 'all'>();
  const use = ({ target, names }: Import) => {
    if (target === undefined) return;
    const known = used.get(target) ?? new Set<string>();
    used.set(target, names === 'all' || known === 'all' ? 'all' : new Set([...known, ...names]));
  };
  for (const { imports } of sources.values()) imports.forEach(use);
  return used;
}
