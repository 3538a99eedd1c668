// Decrypts, decompresses and verifies a file.
import { task } from '../src/pool/tasks.js';
import { unwrapFile } from '../src/security/files.js';

export default task<'unwrapFile'>((input, signal) => unwrapFile({ ...input, signal }));
