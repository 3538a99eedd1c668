/**
 * Where the properties, methods and event parameters of the reference component are here. The compiler checks that each
 * place exists; settings and errors need no such table, because they keep their names and numbers.
 */
import type {
  Certificate,
  EventMap,
  IncomingFileInfo,
  OFTPConnection,
  OFTPServer,
  OutgoingDefaults,
} from '../../src/index.js';

type Place =
  | `server.${keyof OFTPServer & string}`
  | `connection.${keyof OFTPConnection & string}`
  | `connection.outgoing.${keyof OutgoingDefaults}`
  | `connection.incoming.${keyof IncomingFileInfo}`
  | `Certificate.${keyof typeof Certificate & string}`
  | `certificate.${keyof Certificate & string}`
  | 'server.connections.size';

type Places = Readonly<Record<string, readonly Place[]>>;

export const PROPERTY_PLACES: Places = {
  cert_encoded: ['server.certificate', 'certificate.encoded'],
  cert_store: ['Certificate.load', 'server.certificateStore'],
  cert_store_password: ['Certificate.load', 'server.certificateStorePassword'],
  cert_store_type: ['Certificate.load', 'server.certificateStoreType'],
  cert_subject: ['certificate.subject', 'server.certificateSubject'],
  connection_backlog: ['server.connectionBacklog'],
  default_timeout: ['server.defaultTimeout'],
  listening: ['server.listening'],
  local_host: ['server.localHost'],
  local_port: ['server.localPort'],
  oftp_connection_compress: ['connection.outgoing.compress', 'connection.incoming.compressed'],
  oftp_connection_connected: ['connection.connected'],
  oftp_connection_connection_id: ['connection.id'],
  oftp_connection_count: ['server.connections.size'],
  oftp_connection_download_directory: ['connection.downloadDirectory'],
  oftp_connection_encryption_algorithm: ['connection.outgoing.encryption', 'connection.incoming.encryption'],
  oftp_connection_local_address: ['connection.localAddress'],
  oftp_connection_max_record_size: ['connection.outgoing.maxRecordSize', 'connection.incoming.maxRecordSize'],
  oftp_connection_ready_to_send: ['connection.readyToSend'],
  oftp_connection_recipient_cert_store: ['connection.recipientCertificate', 'Certificate.load'],
  oftp_connection_recipient_cert_store_password: ['connection.recipientCertificate', 'Certificate.load'],
  oftp_connection_recipient_cert_store_type: ['connection.recipientCertificate', 'Certificate.load'],
  oftp_connection_recipient_cert_subject: ['connection.recipientCertificate', 'certificate.subject'],
  oftp_connection_remote_host: ['connection.remoteHost'],
  oftp_connection_remote_port: ['connection.remotePort'],
  oftp_connection_sfid_code: ['connection.sfidCode'],
  oftp_connection_signed_receipt: ['connection.outgoing.signedReceipt', 'connection.incoming.signedReceipt'],
  oftp_connection_ssid_code: ['connection.ssidCode'],
  oftp_connection_timeout: ['connection.timeout'],
  oftp_connection_version: ['connection.version'],
  oftp_connection_virtual_file_date: ['connection.outgoing.virtualFileDate', 'connection.incoming.virtualFileDate'],
  oftp_connection_virtual_file_format: ['connection.outgoing.format', 'connection.incoming.format'],
  oftp_connection_virtual_file_security_level: ['connection.outgoing.security', 'connection.incoming.security'],
  server_password: ['server.serverPassword', 'connection.serverPassword'],
  server_sfid_code: ['server.serverSfidCode', 'connection.serverSfidCode'],
  server_ssid_code: ['server.serverSsidCode', 'connection.serverSsidCode'],
};

export const METHOD_PLACES: Places = {
  change_direction: ['connection.changeDirection'],
  config: ['server.config', 'connection.config'],
  disconnect: ['connection.disconnect'],
  do_events: ['server.doEvents'],
  exchange_certificate: ['connection.exchangeCertificate'],
  interrupt: ['connection.interrupt'],
  logoff: ['connection.logoff'],
  reset: ['server.reset'],
  send_end_response: ['connection.sendEndResponse'],
  send_file: ['connection.sendFile'],
  shutdown: ['server.shutdown'],
  start_listening: ['server.startListening'],
  stop_listening: ['server.stopListening'],
};

/** The parameters keep their names, as fields of the event object. */
export const EVENT_FIELDS: { readonly [Name in keyof EventMap]?: readonly (keyof EventMap[Name][0] & string)[] } = {
  acceptConnection: [
    'connectionId',
    'clientSsidCode',
    'clientPassword',
    'clientVersion',
    'serverVersion',
    'accept',
    'errorCode',
    'errorDescription',
  ],
  acceptFile: [
    'connectionId',
    'virtualFileName',
    'virtualFileDate',
    'destination',
    'originator',
    'accept',
    'filename',
    'overwrite',
    'errorCode',
    'errorDescription',
  ],
  certificateReceived: ['connectionId', 'certificateFileName', 'certificateExchangeType'],
  connected: ['connectionId', 'statusCode', 'description'],
  connectionRequest: ['address', 'port', 'accept'],
  disconnected: ['connectionId', 'statusCode', 'description'],
  endResponse: [
    'connectionId',
    'virtualFileName',
    'virtualFileDate',
    'destination',
    'originator',
    'creator',
    'reasonCode',
    'reasonText',
    'fileHash',
    'signature',
    'direction',
  ],
  endTransfer: [
    'connectionId',
    'direction',
    'localFile',
    'virtualFileName',
    'virtualFileDate',
    'destination',
    'originator',
    'reasonCode',
    'reasonText',
    'fileSize',
    'fileHash',
    'sendEndResponse',
  ],
  error: ['connectionId', 'errorCode', 'description'],
  log: ['connectionId', 'logLevel', 'message', 'logType'],
  piTrail: ['connectionId', 'direction', 'data', 'commandId', 'commandDescription'],
  readyToSend: ['connectionId'],
  startTransfer: [
    'connectionId',
    'direction',
    'localFile',
    'virtualFileName',
    'virtualFileDate',
    'destination',
    'originator',
  ],
  transfer: [
    'connectionId',
    'direction',
    'localFile',
    'virtualFileName',
    'virtualFileDate',
    'destination',
    'originator',
    'bytesTransferred',
    'text',
  ],
};
