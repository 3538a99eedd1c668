/** No file and no part of the protocol imports itself by a detour. */

import type { Source } from './parse.js';
import type { Finding, Rule, Tree } from './tree.js';

type Graph = ReadonlyMap<string, ReadonlySet<string>>;

/** Import cycles between files; an import of a type counts. */
export const cycles: Rule = (tree) => cycleFindings(importGraph(tree, ({ path }) => path));

/** Import cycles between the folders and files that stand directly in `src/protocol/`. */
export const protocolCycles: Rule = (tree) => cycleFindings(importGraph(tree, ({ path }) => protocolPart(path)));

function protocolPart(path: string): string | undefined {
  return /^src\/protocol\/[^/]+/.exec(path)?.[0];
}

/** The imports between groups of files. A file for which `group` returns undefined is left out. */
function importGraph({ sources }: Tree, group: (source: Source) => string | undefined): Graph {
  const graph = new Map<string, Set<string>>();
  for (const source of sources.values()) {
    const from = group(source);
    if (from === undefined) continue;
    const edges = graph.get(from) ?? new Set();
    graph.set(from, edges);
    for (const { target, kind } of source.imports) {
      const imported = kind === 'import' && target !== undefined ? sources.get(target) : undefined;
      const to = imported && group(imported);
      if (to !== undefined && (to !== from || imported === source)) edges.add(to);
    }
  }
  return graph;
}

/** One finding for each edge that closes a cycle when the graph is walked depth first. */
function cycleFindings(graph: Graph): Finding[] {
  const findings: Finding[] = [];
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (node: string): void => {
    const start = trail.indexOf(node);
    if (start !== -1) {
      const message = `imports itself: ${[...trail.slice(start), node].join(' -> ')}`;
      findings.push({ path: node, message });
    }
    if (start !== -1 || done.has(node)) return;
    trail.push(node);
    for (const next of graph.get(node) ?? []) visit(next);
    trail.pop();
    done.add(node);
  };
  for (const node of graph.keys()) visit(node);
  return findings;
}
