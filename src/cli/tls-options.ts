/** TLS on the command line of `send`, `receive`, `check` and `bench`. */
import type { Command } from 'commander';
import type { ClientOptions } from '../server/client-options.js';
import { checkedFingerprints } from '../server/tls-call.js';
import { argument } from './arguments.js';
import { ownCertificate } from './certificate-file.js';
import { UsageError } from './exit.js';
import { trustFromFile } from './trust-file.js';

export interface TlsOptions {
  readonly tls?: true;
  readonly tlsCa?: string;
  readonly tlsName?: string;
  readonly tlsFingerprint?: string;
  readonly tlsCert?: string;
  readonly tlsCertPasswordFile?: string;
}

export function addTlsOptions(command: Command): Command {
  return command
    .optionsGroup('TLS:')
    .option('--tls', 'speak TLS; the port is 6619 if left out. The other options of this group imply it')
    .option('--tls-ca <file>', 'CAs to trust, or the certificate of the server, in PEM; without it those of the system')
    .option('--tls-name <name>', 'name in the certificate of the server, where it is not the host')
    .option(
      '--tls-fingerprint <sha256>',
      'fingerprint of the certificate of the server; name and CA do not count then',
      argument(fingerprint),
    )
    .option('--tls-cert <file>', 'own certificate with its private key, PFX or PEM, for servers that ask for one')
    .option('--tls-cert-password-file <file>', 'file with the password of --tls-cert');
}

/** Whether any option asks for TLS. */
export function wantsTls(options: TlsOptions): boolean {
  const { tls, tlsCa, tlsName, tlsFingerprint, tlsCert } = options;
  return [tls, tlsCa, tlsName, tlsFingerprint, tlsCert].some((value) => value !== undefined);
}

/** What the options are to a client. @throws UsageError for a file that cannot be used */
export async function tlsClientOptions(options: TlsOptions): Promise<Partial<ClientOptions>> {
  if (!wantsTls(options)) return {};
  const { tlsCa, tlsName, tlsFingerprint, tlsCert, tlsCertPasswordFile } = options;
  return {
    useSsl: true,
    ...(tlsCa === undefined ? {} : { trustedCertificates: await trustFromFile(tlsCa, '--tls-ca') }),
    ...(tlsName === undefined ? {} : { serverName: tlsName }),
    ...(tlsFingerprint === undefined ? {} : { serverFingerprints: tlsFingerprint }),
    ...(tlsCert === undefined ? {} : { sslCertificate: await ownCertificate(tlsCert, tlsCertPasswordFile) }),
  };
}

function fingerprint(text: string): string {
  try {
    checkedFingerprints(text);
    return text;
  } catch {
    throw new UsageError(`'${text}' is no SHA-256 fingerprint of 64 hexadecimal digits, with or without colons`);
  }
}
