// Build step: assembles subrecords.wat and writes the binary as a TypeScript module, so that no file is read at run
// time.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import wabt from 'wabt';

const source = new URL('subrecords.wat', import.meta.url);
const target = new URL('subrecords.generated.ts', import.meta.url);

const { parseWat } = await wabt();
const parsed = parseWat(fileURLToPath(source), readFileSync(source, 'utf8'), { simd: true });
const { buffer: binary } = parsed.toBinary({});
parsed.destroy();

const lines = [];
for (let at = 0; at < binary.length; at += 24) lines.push(`  ${binary.slice(at, at + 24).join(', ')},`);
const text = `// Assembled from subrecords.wat by assemble.mjs; not to be edited.
export const SUBRECORDS_BINARY = new Uint8Array([
${lines.join('\n')}
]);
`;

// An unchanged file keeps its time stamp, so that incremental builds see no change.
if (currentText() !== text) writeFileSync(target, text);

function currentText() {
  try {
    return readFileSync(target, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}
