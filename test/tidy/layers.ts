/** Who may import whom. */

import type { Source } from './parse.js';
import type { Finding, Rule } from './tree.js';

/** From the bottom up. What stands in one row does not import each other. */
const LAYERS: readonly (readonly string[])[] = [
  ['src/protocol'],
  ['src/security', 'src/settings'],
  ['src/pool', 'src/locks'],
  ['src/transport', 'src/files', 'src/store'],
  ['src/session', 'src/cluster'],
  ['src/server'],
  ['src/index.ts', 'src/cli'],
];

/** What runs on another thread sees the pure work and the messages, never what started it. */
const OPEN_TO_WORKERS = [
  'workers/',
  'src/protocol/',
  'src/security/',
  'src/pool/tasks',
  'src/store/thread',
  'src/files/thread',
];

/** What would make the protocol depend on a clock, on chance, on input or output, or on Node.js. */
const IMPURE = new Set([
  'Buffer',
  'Date.now',
  'Math.random',
  'console',
  'crypto',
  'fetch',
  'globalThis',
  'new Date()',
  'performance',
  'process',
  'queueMicrotask',
  'setImmediate',
  'setInterval',
  'setTimeout',
]);

/** Every import of `src/` goes to the file's own folder or to a lower layer; types obey as well. */
export const layers: Rule = ({ sources }) =>
  [...sources.values()].filter(({ path }) => path.startsWith('src/')).flatMap(layerFindings);

function layerFindings(source: Source): Finding[] {
  const { path } = source;
  const own = placeOf(path);
  if (!own) return [{ path, message: 'belongs to no layer: move it, or name its folder in the table of layers' }];
  const findings: Finding[] = [];
  for (const { target, specifier, line, kind } of source.imports) {
    const to = specifier === 'oftp' ? 'src/index.ts' : target;
    if (to === undefined || kind === 'url') continue;
    const other = placeOf(to);
    if (other?.folder === own.folder) continue;
    const [from, what] = [`${own.folder} (layer ${own.layer})`, other ? `${other.folder} (layer ${other.layer})` : to];
    if (!other) findings.push({ path, line, message: `${from} imports ${what}, which is not part of src/` });
    else if (other.layer === own.layer) findings.push({ path, line, message: `${from} imports its neighbour ${what}` });
    else if (other.layer > own.layer) findings.push({ path, line, message: `${from} imports upwards from ${what}` });
  }
  return findings;
}

function placeOf(path: string): { folder: string; layer: number } | undefined {
  for (const [layer, folders] of LAYERS.entries()) {
    const folder = folders.find((name) => path === name || path.startsWith(`${name}/`));
    if (folder) return { folder, layer };
  }
  return undefined;
}

/** A folder has no index of its own: imports name the file that has the thing. Only the package has one. */
export const indexes: Rule = ({ sources }) =>
  [...sources.keys()]
    .filter((path) => path.startsWith('src/') && path.endsWith('/index.ts') && path !== 'src/index.ts')
    .map((path) => ({ path, message: 'src/index.ts is the only index: import from the file itself' }));

/** `workers/` imports only what is made for the other side of a thread. */
export const workers: Rule = ({ sources }) => {
  const findings: Finding[] = [];
  for (const { path, imports } of sources.values()) {
    if (!path.startsWith('workers/')) continue;
    for (const { target, line } of imports) {
      if (target === undefined || OPEN_TO_WORKERS.some((prefix) => target.startsWith(prefix))) continue;
      findings.push({ path, line, message: `a worker may not import ${target}, only ${OPEN_TO_WORKERS.join(', ')}` });
    }
  }
  return findings;
};

/** `src/protocol/` computes: octets and times come in as arguments, work goes out as values. */
export const purity: Rule = ({ sources }) => {
  const findings: Finding[] = [];
  for (const { path, imports, references } of sources.values()) {
    if (!path.startsWith('src/protocol/')) continue;
    for (const { specifier, target, line } of imports) {
      if (target === undefined) findings.push({ path, line, message: `the protocol imports no package: ${specifier}` });
    }
    for (const { name, line } of references) {
      if (IMPURE.has(name))
        findings.push({ path, line, message: `the protocol does not use ${name}: take an argument` });
    }
  }
  return findings;
};
