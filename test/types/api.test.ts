/**
 * The public API at compile time: right names and values compile, wrong ones do not. Each `@ts-expect-error` is an
 * error of the compiler if the line below it compiles.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  Certificate,
  type IncomingFileInfo,
  type Negotiated,
  OFTPClient,
  type OFTPConnection,
  type OFTPError,
  OFTPServer,
  type SendEndResponseOptions,
  type SendFileOptions,
  type SentFile,
} from '../../src/index.js';

/** Compiled and never called. */
function unused(..._checks: readonly ((...args: never[]) => unknown)[]): void {
  assert.ok(true, 'the compiler has judged');
}

test('server.on: names and fields of events', () => {
  const server = new OFTPServer();
  server.on('acceptConnection', async (event) => {
    event.accept = false;
    event.errorCode = 3;
    event.serverVersion = '1.4';
    event.connection.downloadDirectory = '/in';
    // @ts-expect-error a version is a word
    event.serverVersion = 2;
    // @ts-expect-error what the client said cannot be changed
    event.clientSsidCode = 'O0013OTHER';
    // @ts-expect-error no such field
    event.acept = false;
  });
  server.on('acceptFile', (event) => {
    event.filename = '/in/x';
    event.overwrite = true;
    // @ts-expect-error a path is no stream
    event.stream = '/in/x';
  });
  server.on('connectionRequest', (event) => {
    event.accept = false;
    // @ts-expect-error there is no connection yet
    event.connection.id;
  });
  server.on('endTransfer', ({ direction, fileSize }) => {
    const [way, size]: ['received' | 'sent', number] = [direction, fileSize];
    // @ts-expect-error seen from this end there is no 'client'
    return [way === 'client', size];
  });
  // @ts-expect-error no such event
  server.on('acceptFiles', () => {});
  // @ts-expect-error the names of the reference are not those of the handlers here
  server.on('on_accept_file', () => {});
  assert.is(server.listenerCount('acceptConnection'), 1);
});

test('sendFile, sendEndResponse and exchangeCertificate: options', () => {
  const file: SendFileOptions = { path: 'x', security: 'encryptedAndSigned', format: 'variable', maxRecordSize: 80 };
  const response: SendEndResponseOptions = {
    virtualFileName: 'A',
    virtualFileDate: '',
    destination: 'B',
    originator: 'C',
  };
  // @ts-expect-error a number for a level of security
  const numbered: SendFileOptions = { path: 'x', security: 3 };
  // @ts-expect-error no such format
  const format: SendFileOptions = { path: 'x', format: 'binary' };
  // @ts-expect-error no such hash
  const hash: SendFileOptions = { path: 'x', fileHash: 'md5' };
  // @ts-expect-error a misspelled option
  const misspelled: SendFileOptions = { path: 'x', virtualFilename: 'X' };
  // @ts-expect-error the name of the file is missing
  const incomplete: SendEndResponseOptions = { virtualFileDate: '', destination: 'B', originator: 'C' };
  assert.is([file, response, numbered, format, hash, misspelled, incomplete].length, 7);
});

test('connections: what can be read, set and called', () => {
  unused((connection: OFTPConnection) => {
    connection.outgoing.compress = true;
    const incoming: IncomingFileInfo | null = connection.incoming;
    const negotiated: Negotiated | null = connection.negotiated;
    const sent: Promise<SentFile> = connection.sendFile({ path: 'x' });
    const all: Promise<void>[] = [
      connection.logoff(),
      connection.changeDirection(),
      connection.interrupt(),
      connection.disconnect(),
    ];
    // @ts-expect-error the id is fixed
    connection.id = 7;
    // @ts-expect-error the version was agreed on
    connection.version = '2.0';
    // @ts-expect-error facts about a received file
    connection.incoming.compressed = true;
    // @ts-expect-error no such cipher
    connection.outgoing.encryption = 'aes128';
    // @ts-expect-error a misspelled property
    connection.outgoing.compres = true;
    // @ts-expect-error its properties are assigned, not the whole
    connection.outgoing = { compress: true };
    // @ts-expect-error config() takes one text
    connection.config('AllowRetry', true);
    return [incoming, negotiated, sent, all];
  });
});

test('servers and clients: options, properties, methods', () => {
  unused(async () => {
    await using server = new OFTPServer({ serverSsidCode: 'A', serverSfidCode: 'A', statePath: null });
    const text: string = server.config('MaxConnections');
    const found: OFTPConnection | undefined = server.connections.get(1);
    // @ts-expect-error ids are numbers
    server.connections.get('1');
    // @ts-expect-error connections are not set
    server.connections.set(1, found);
    // @ts-expect-error a word for a flag
    server.listening = 'yes';
    // @ts-expect-error no certificate
    server.certificate = 'hub.pfx';
    // @ts-expect-error no such purpose
    server.certificates = { singing: null };
    const client = new OFTPClient({ host: 'h', clientSsidCode: 'A', version: '1.4' });
    // @ts-expect-error who calls must say who it is
    const nobody = new OFTPClient({ host: 'h' });
    // @ts-expect-error a setting of servers
    const server2 = new OFTPClient({ host: 'h', clientSsidCode: 'A', maxConnections: 5 });
    const loaded: Certificate = await Certificate.load({ store: 'x', storeType: 'pfxFile' });
    // @ts-expect-error a certificate cannot be changed
    loaded.subject = 'CN=other';
    // @ts-expect-error no such kind of store
    await Certificate.load({ store: 'x', storeType: 'zip' });
    // @ts-expect-error certificates are loaded, not made
    const made = new Certificate();
    return [text, found, client, nobody, server2, made];
  });
});

test('errors: code is one of the table', () => {
  unused((error: OFTPError) => {
    // @ts-expect-error 674 is no error
    return error.code === 674 || error.code === 687;
  });
});

test.run();
