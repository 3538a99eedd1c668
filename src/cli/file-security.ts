/** File security on the command line: what files are sent as, and by whose certificates. */
import { type Command, Option } from 'commander';
import { CIPHER_SUITES } from '../security/suites.js';
import type { ClientOptions } from '../server/client-options.js';
import { type FileSecurity, SECURITY } from '../server/incoming-file-info.js';
import type { SendFileOptions } from '../server/send-file.js';
import { argument } from './arguments.js';
import { othersCertificate, ownCertificate } from './certificate-file.js';
import type { SessionOptions } from './client-session.js';
import { wholeNumber } from './config-values.js';
import { UsageError } from './exit.js';

export interface CertificateOptions {
  readonly ownCertificate?: string;
  readonly ownCertificatePasswordFile?: string;
  readonly recipientCertificate?: string;
  readonly secureAuthentication?: true;
}

export interface FileSecurityOptions extends CertificateOptions {
  readonly security: FileSecurity;
  readonly compress?: true;
  readonly signedReceipt?: true;
  readonly cipherSuite?: number;
}

/** Suites 8 to 10 are read, but never written. */
export const SUITE_WRITTEN_MAX = 7;

const GROUP = 'File security, in OFTP 2.0:';

/** @param conflicts attributes of options that the protection of files makes no sense with */
export function addFileSecurityOptions(command: Command, conflicts: string[] = []): Command {
  const alone = (flags: string, description: string) => new Option(flags, description).conflicts(conflicts);
  command
    .optionsGroup(GROUP)
    .addOption(alone('--security <kind>', 'protection of the files').choices(SECURITY).default('none'))
    .addOption(alone('--compress', 'compress the files'))
    .addOption(alone('--signed-receipt', 'ask for signed end responses'))
    .addOption(
      alone(
        '--cipher-suite <number>',
        'cipher suite, 1 to 7 (SFIDCIPH); 4, AES-256 with SHA-256, if left out',
      ).argParser(argument(wholeNumber(1, SUITE_WRITTEN_MAX))),
    );
  return addCertificateOptions(command);
}

export function addCertificateOptions(command: Command): Command {
  return command
    .optionsGroup(GROUP)
    .option('--own-certificate <file>', 'own certificate with its private key, PFX or PEM, to sign and to decrypt')
    .option('--own-certificate-password-file <file>', 'file with the password of --own-certificate')
    .option('--recipient-certificate <file>', 'certificate of the partner, to encrypt and to check signatures')
    .option('--secure-authentication', 'both ends prove by these certificates who they are (SSIDAUTH)');
}

/**
 * How each file is sent.
 * @throws UsageError for what needs a certificate, or a version, that the options do not give
 */
export function protectionOf(options: FileSecurityOptions & SessionOptions): SendFileOptions {
  checkTogether(options);
  const { security, compress = false, signedReceipt = false, cipherSuite } = options;
  return { security, compress, signedReceipt, ...algorithmsOf(cipherSuite) };
}

/** Those of a cipher suite; of the library's own choice without one. */
export function algorithmsOf(cipherSuite: number | undefined): Pick<SendFileOptions, 'encryption' | 'receiptHash'> {
  const suite = cipherSuite === undefined ? undefined : CIPHER_SUITES.get(cipherSuite);
  return suite === undefined ? {} : { encryption: suite.encryption, receiptHash: suite.hash };
}

function checkTogether(options: FileSecurityOptions & SessionOptions): void {
  const { security, compress, signedReceipt, secureAuthentication, oftp } = options;
  const encrypts = security === 'encrypted' || security === 'encryptedAndSigned';
  const signs = security === 'signed' || security === 'encryptedAndSigned';
  const rows = [
    { given: signs, name: `--security ${security}`, needs: ['ownCertificate'] },
    { given: encrypts, name: `--security ${security}`, needs: ['recipientCertificate'] },
    { given: compress, name: '--compress', needs: [] },
    { given: signedReceipt, name: '--signed-receipt', needs: ['recipientCertificate'] },
    {
      given: secureAuthentication,
      name: '--secure-authentication',
      needs: ['ownCertificate', 'recipientCertificate'],
    },
  ] as const;
  for (const { given, name, needs } of rows) {
    if (!given) continue;
    if (oftp !== '2.0') throw new UsageError(`${name} exists in OFTP 2.0 only: leave out --oftp ${oftp}`);
    const missing = needs.find((need) => options[need] === undefined);
    if (missing !== undefined) throw new UsageError(`${name} needs ${FLAGS[missing]}`);
  }
}

const FLAGS = {
  ownCertificate: '--own-certificate, the own certificate with its private key',
  recipientCertificate: '--recipient-certificate, the certificate of the partner',
} as const;

/** What the options are to a client. @throws UsageError for a file that cannot be used */
export async function certificatesOf(options: CertificateOptions): Promise<Partial<ClientOptions>> {
  const { ownCertificate: own, ownCertificatePasswordFile, recipientCertificate: recipient } = options;
  return {
    ...(own === undefined ? {} : { certificate: await ownCertificate(own, ownCertificatePasswordFile) }),
    ...(recipient === undefined ? {} : { recipientCertificate: await othersCertificate(recipient) }),
    ...(options.secureAuthentication ? { secureAuthentication: 'required' as const } : {}),
  };
}
