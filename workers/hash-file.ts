// Hashes a file.
import { task } from '../src/pool/tasks.js';
import { hashFile } from '../src/security/files.js';

export default task<'hashFile'>(({ path, hash, delimiter }, signal) => hashFile(path, hash, signal, delimiter));
