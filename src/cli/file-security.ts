/** File security on the command line of `send` and `bench`: what files are sent as, and by whose certificates. */
import { type Command, Option } from 'commander';
import { CIPHER_SUITES } from '../security/suites.js';
import { Certificate } from '../server/certificate.js';
import type { ClientOptions } from '../server/client-options.js';
import { type FileSecurity, SECURITY } from '../server/incoming-file-info.js';
import type { SendFileOptions } from '../server/send-file.js';
import { OFTPError } from '../settings/errors.js';
import { argument } from './arguments.js';
import type { SessionOptions } from './client-session.js';
import { wholeNumber } from './config-values.js';
import { UsageError } from './exit.js';
import { ownCertificate } from './tls-options.js';

export interface FileSecurityOptions {
  readonly security: FileSecurity;
  readonly compress?: true;
  readonly signedReceipt?: true;
  readonly cipherSuite?: number;
  readonly ownCertificate?: string;
  readonly ownCertificatePasswordFile?: string;
  readonly recipientCertificate?: string;
  readonly secureAuthentication?: true;
}

/** Suites 8 to 10 are read, but never written. */
const SUITE_WRITTEN_MAX = 7;

/** @param conflicts attributes of options that the protection of files makes no sense with */
export function addFileSecurityOptions(command: Command, conflicts: string[] = []): Command {
  const alone = (flags: string, description: string) => new Option(flags, description).conflicts(conflicts);
  return command
    .optionsGroup('File security, in OFTP 2.0:')
    .addOption(alone('--security <kind>', 'protection of the files').choices(SECURITY).default('none'))
    .addOption(alone('--compress', 'compress the files'))
    .addOption(alone('--signed-receipt', 'ask for signed end responses'))
    .addOption(
      alone(
        '--cipher-suite <number>',
        'cipher suite, 1 to 7 (SFIDCIPH); 4, AES-256 with SHA-256, if left out',
      ).argParser(argument(wholeNumber(1, SUITE_WRITTEN_MAX))),
    )
    .option('--own-certificate <file>', 'own certificate with its private key, PFX or PEM, to sign and to decrypt')
    .option('--own-certificate-password-file <file>', 'file with the password of --own-certificate')
    .option('--recipient-certificate <file>', 'certificate of the recipient, to encrypt and to check signatures')
    .option('--secure-authentication', 'both ends prove by these certificates who they are (SSIDAUTH)');
}

/**
 * How each file is sent.
 * @throws UsageError for what needs a certificate, or a version, that the options do not give
 */
export function protectionOf(options: FileSecurityOptions & SessionOptions): SendFileOptions {
  checkTogether(options);
  const { security, compress = false, signedReceipt = false, cipherSuite } = options;
  const suite = cipherSuite === undefined ? undefined : CIPHER_SUITES.get(cipherSuite);
  return {
    security,
    compress,
    signedReceipt,
    ...(suite === undefined ? {} : { encryption: suite.encryption, receiptHash: suite.hash }),
  };
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
  recipientCertificate: '--recipient-certificate, the certificate of the recipient',
} as const;

/** What the options are to a client. @throws UsageError for a file that cannot be used */
export async function certificatesOf(options: FileSecurityOptions): Promise<Partial<ClientOptions>> {
  const { ownCertificate: own, ownCertificatePasswordFile, recipientCertificate: recipient } = options;
  return {
    ...(own === undefined ? {} : { certificate: await ownCertificate(own, ownCertificatePasswordFile) }),
    ...(recipient === undefined ? {} : { recipientCertificate: await certificateIn(recipient) }),
    ...(options.secureAuthentication ? { secureAuthentication: 'required' as const } : {}),
  };
}

async function certificateIn(store: string): Promise<Certificate> {
  try {
    return await Certificate.load({ store });
  } catch (error) {
    if (!(error instanceof OFTPError)) throw error;
    throw new UsageError(error.message);
  }
}
