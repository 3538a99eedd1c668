/**
 * Everything that the package exports. Its types are those of Node.js as well: whoever compiles against it needs
 * `@types/node`, which TypeScript 6 and later look for only where a file says so.
 */
/// <reference types="node" preserve="true" />
export { type SharedState, type SharedStateOptions, shareState } from './cluster/share-state.js';
export type { Version } from './protocol/commands/version.js';
export type { CertificateIdentification } from './security/certificates/identification.js';
export { Certificate } from './server/certificate.js';
export type { CertificateReceivedEvent } from './server/certificate-received.js';
export type { CertificateSlot, OwnCertificates, RecipientCertificates } from './server/certificates.js';
export { OFTPClient, type ReceivedFileInfo } from './server/client.js';
export type { ClientOptions } from './server/client-options.js';
export { type Negotiated, OFTPConnection } from './server/connection.js';
export type { ConnectionTls } from './server/connection-tls.js';
export type * from './server/events.js';
export type { ExchangeCertificateOptions } from './server/exchange-certificate.js';
export type { FileFormat, IncomingFileInfo } from './server/incoming-file-info.js';
export type { OutgoingDefaults } from './server/outgoing.js';
export type { SendEndResponseOptions } from './server/send-end-response.js';
export type { SendFileOptions } from './server/send-file.js';
export { OFTPServer, type OFTPServerOptions } from './server/server.js';
export type { CertificateProblem } from './server/trust.js';
export type { SentFile } from './session/outgoing-transfer.js';
export { OFTPError } from './settings/errors.js';
export type { ConnectionSettings, ServerOptions, ServerSettings } from './settings/settings.js';
