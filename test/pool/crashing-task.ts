// A task whose thread ends in the middle, with a part file written: what an exhausted heap or a bug in native code
// looks like.
import { writeFileSync } from 'node:fs';
import type { TaskMessage } from '../../src/pool/tasks.js';
import { partPathOf } from '../../src/security/file-io.js';

export default function crash({ input }: TaskMessage<'protectFile'>): void {
  writeFileSync(partPathOf(input.target), 'half');
  process.exit(7);
}
