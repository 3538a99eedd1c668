import type { Version } from '../protocol/commands/version.js';
import type { ServerOptions } from '../settings/settings.js';
import type { Certificate } from './certificate.js';
import type { CertificateSlot, OwnCertificates, RecipientCertificates } from './certificates.js';

/** Settings of the table that mean for a client what they mean for a server. */
type SharedOptions = Pick<
  ServerOptions,
  | 'bufferCompression'
  | 'certificateStore'
  | 'certificateStorePassword'
  | 'certificateStoreType'
  | 'certificateSubject'
  | 'certificateType'
  | 'codePage'
  | 'compressedFiles'
  | 'connectionType'
  | 'creditCount'
  | 'defaultIdleTimeout'
  | 'defaultReceiptHashAlgorithm'
  | 'defaultTimeout'
  | 'deleteOnError'
  | 'disconnectAfterEndSession'
  | 'downloadDirectory'
  | 'encryptedFiles'
  | 'endResponseTurn'
  | 'endResponseWait'
  | 'exchangeBufferSize'
  | 'failOnUntrustedCert'
  | 'fetchMaxSize'
  | 'fetchPrivateAddresses'
  | 'fetchTimeout'
  | 'fileDescription'
  | 'fileHashAlgorithm'
  | 'fireEndResponseOnSend'
  | 'followRedirects'
  | 'friendlyLogFormat'
  | 'inBufferSize'
  | 'includeSignerCertificate'
  | 'keepAlive'
  | 'keepAliveInterval'
  | 'keepAliveRetryCount'
  | 'keepAliveTime'
  | 'keepStampsDays'
  | 'linger'
  | 'logLevel'
  | 'logSslPackets'
  | 'maskSensitive'
  | 'maxExpansionRatio'
  | 'maxFileSize'
  | 'maxReadTime'
  | 'openSslCaDir'
  | 'openSslCaFile'
  | 'openSslCipherList'
  | 'openSslPrngSeedData'
  | 'outBufferSize'
  | 'processIdleEvents'
  | 'receiptWithoutCipherSuite'
  | 'receivedFileNameFormat'
  | 'recipientCertificateType'
  | 'recordDelimiter'
  | 'restart'
  | 'reuseSslSession'
  | 'secureAuthentication'
  | 'signedFiles'
  | 'sslCaCertFilePaths'
  | 'sslCheckCrl'
  | 'sslCheckOcsp'
  | 'sslCipherStrength'
  | 'sslEnableRenegotiation'
  | 'sslEnabledCipherSuites'
  | 'sslEnabledProtocols'
  | 'sslKeyLogFile'
  | 'sslSecurityFlags'
  | 'sslServerCaCerts'
  | 'syncOnCommit'
  | 'tcpNoDelay'
  | 'tempPath'
  | 'tls12SignatureAlgorithms'
  | 'tls12SupportedGroups'
  | 'tls13KeyShareGroups'
  | 'tls13SignatureAlgorithms'
  | 'tls13SupportedGroups'
  | 'transferMemory'
  | 'trustListSigner'
  | 'trustedCertsData'
  | 'unwrapInSession'
  | 'useFipsCompliantApi'
  | 'useInternalSecurityApi'
  | 'useSsl'
  | 'virtualFileDateFormat'
  | 'workerThreads'
>;

export interface ClientOptions extends SharedOptions {
  /** Name or address of the server. */
  readonly host: string;
  /** 3305 if left out; 6619 with `useSsl`. */
  readonly port?: number;
  /** Own identification code of the session (SSIDCODE), at most 25 characters. */
  readonly clientSsidCode: string;
  /** Own identification code of files (SFIDORIG), at most 25 characters; the SSID code if left out. */
  readonly clientSfidCode?: string;
  /** SSIDPSWD, at most 8 characters. */
  readonly clientPassword?: string;
  /** Highest protocol version to offer; `2.0` if left out. */
  readonly version?: Version;
  /** The server must identify itself by this code; a stranger gets ESID 03. Not checked if left out. */
  readonly serverSsidCode?: string;
  /** The server must give this password, otherwise ESID 04. Not checked if left out. */
  readonly serverPassword?: string;
  /**
   * With `useSsl`: the name that the server's certificate must have, and that the server is asked for (SNI); `host` if
   * left out.
   */
  readonly serverName?: string;
  /**
   * With `useSsl`: SHA-256 fingerprint of the server's certificate, or several while it changes. Then it must be this
   * certificate and be within its dates; name and issuer do not count.
   */
  readonly serverFingerprints?: string | readonly string[];
  /**
   * With `useSsl`: certificates of the CAs, or of the server itself, that are trusted. Without any here and in
   * SSLServerCACerts and its neighbours, the CAs of the system are.
   */
  readonly trustedCertificates?: readonly Certificate[];
  /** With `useSsl`: the certificate to present when the server asks for one. */
  readonly sslCertificate?: CertificateSlot;
  /** The own certificate, with its private key. */
  readonly certificate?: CertificateSlot;
  readonly certificates?: Partial<OwnCertificates>;
  /** The certificate of the server. */
  readonly recipientCertificate?: CertificateSlot;
  readonly recipientCertificates?: Partial<RecipientCertificates>;
  /** Folder for what must outlive the process, of this client alone; null, the default, keeps it in memory only. */
  readonly statePath?: string | null;
}
