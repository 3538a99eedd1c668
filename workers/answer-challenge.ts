// Answers an authentication challenge.
import { task } from '../src/pool/tasks.js';
import { answerChallenge } from '../src/security/challenge.js';

export default task<'answerChallenge'>(({ envelope, keys }) => answerChallenge(envelope, keys));
