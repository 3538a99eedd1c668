/** The certificates of fixtures/certificates, in the roles that they have in sessions. */

import { readFileSync } from 'node:fs';
import { Certificate } from '../../src/index.js';
import { certificatePath, fixturePath, keyPath } from '../security/support.js';

/** With the private key. */
export function own(name: string): Certificate {
  return Certificate.loadSync({ store: `${readFileSync(keyPath(name))}${readFileSync(certificatePath(name))}` });
}

/** As the partner has it. */
export function known(name: string): Certificate {
  return Certificate.loadSync({ store: fixturePath(`certificates/${name}.cert.pem`) });
}
