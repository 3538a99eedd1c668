// Makes an authentication challenge.
import { task } from '../src/pool/tasks.js';
import { createChallenge } from '../src/security/challenge.js';

export default task<'createChallenge'>(({ certificate, encryption }) => createChallenge(certificate, encryption));
