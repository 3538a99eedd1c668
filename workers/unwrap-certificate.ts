// Takes the certificate out of a file of certificate exchange.
import { task } from '../src/pool/tasks.js';
import { unwrapCertificate } from '../src/security/certificates/exchanged.js';

export default task<'unwrapCertificate'>((input) => unwrapCertificate(input));
