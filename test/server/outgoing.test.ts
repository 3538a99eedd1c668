/** `connection.outgoing`: what it takes goes into the files that follow, and what it does not take is said at once. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { OFTPConnection } from '../../src/index.js';
import { cleanUp } from '../support/cleanup.js';
import type { Outcome } from '../support/outcome.js';
import { refusal } from '../support/refusal.js';
import { receive } from '../support/scenario.js';
import { serverThatSends } from '../support/sending.js';
import { TestServer } from '../support/server.js';
import { cd } from '../support/wire.js';

test.after.each(cleanUp);

type Outgoing = OFTPConnection['outgoing'];

/** `outgoing` of a connection whose session is open. */
async function outgoing(): Promise<Outgoing> {
  const host = await TestServer.start();
  await host.session();
  return (await host.events.next('acceptConnection')).connection.outgoing;
}

const DEFAULTS = {
  format: 'unstructured',
  maxRecordSize: 0,
  virtualFileDate: '',
  security: 'none',
  encryption: 'aes256',
  compress: false,
  signedReceipt: false,
  fileHash: undefined,
  receiptHash: undefined,
  description: '',
};

test('outgoing starts with its defaults, and shows them to whoever prints or copies it', async () => {
  assert.equal({ ...(await outgoing()) }, DEFAULTS);
});

const BAD: readonly [name: keyof Outgoing, value: unknown, shown: string, takes: string][] = [
  ['format', 'binary', "'binary'", "one of 'unstructured', 'text', 'fixed', 'variable'"],
  ['format', undefined, 'undefined', "one of 'unstructured'"],
  ['maxRecordSize', -1, '-1', 'a whole number from 0 to 99999 (octets'],
  ['maxRecordSize', 100_000, '100000', 'a whole number from 0 to 99999'],
  ['maxRecordSize', 1.5, '1.5', 'a whole number'],
  ['maxRecordSize', '80', "'80'", 'a whole number'],
  ['virtualFileDate', new Date(0), '1970-01-01T00:00:00.000Z', 'local time as text'],
  ['virtualFileDate', null, 'null', 'local time as text'],
  ['security', 3, '3', "one of 'none', 'encrypted', 'signed', 'encryptedAndSigned'"],
  ['encryption', 'des', "'des'", "one of '3des', 'aes256'"],
  ['compress', 'yes', "'yes'", 'true or false'],
  ['signedReceipt', 1, '1', 'true or false'],
  ['fileHash', 'md5', "'md5'", "one of 'sha1', 'sha256', 'sha512', 'sha3-512', or undefined"],
  ['receiptHash', null, 'null', "one of 'sha1'"],
  ['description', 'é'.repeat(500), `'${'é'.repeat(80)}'`, 'at most 999 octets of UTF-8, not 1000'],
  ['description', 7, '7', 'a string'],
];

for (const [name, value, shown, takes] of BAD) {
  test(`outgoing.${name} = ${shown.slice(0, 20)} is error 10022 at once; the value stays`, async () => {
    const target = await outgoing();
    const { message } = refusal(
      () => Object.assign(target, { [name]: value }),
      10022,
      `outgoing.${name} of connection 1`,
    );
    assert.ok(message.includes(`cannot be ${shown}`), message);
    assert.ok(message.includes(`It takes ${takes}`), message);
    assert.is(target[name], DEFAULTS[name]);
  });
}

for (const [wrong, right] of [
  ['compres', 'compress'],
  ['filehash', 'fileHash'],
  ['Security', 'security'],
  ['recordSize', 'maxRecordSize'],
] as const) {
  test(`outgoing.${wrong} is error 10022, with the name probably meant`, async () => {
    const target = await outgoing();
    const error = refusal(() => Object.assign(target, { [wrong]: true }), 10022);
    assert.is(error.message, `There is no property of outgoing '${wrong}'. Did you mean '${right}'?`);
    assert.equal({ ...target }, DEFAULTS);
  });
}

test('outgoing: a name that is like none lists those that exist, also in code that is not strict', async () => {
  const target = await outgoing();
  const assign = new Function('target', 'target.zipped = true');
  refusal(() => assign(target), 10022, "'zipped'. Those that exist are format, maxRecordSize, virtualFileDate, ");
  refusal(() => Object.assign(target, { toString: () => '' }), 10022, "'toString'");
  refusal(() => Object.assign(target, { stamp: undefined }), 10022, "'stamp'");
});

test('outgoing itself cannot be replaced', async () => {
  const host = await TestServer.start();
  await host.session();
  const { connection } = await host.events.next('acceptConnection');
  assert.throws(() => Object.assign(connection, { outgoing: { compress: true } }), TypeError);
  assert.is(connection.outgoing.compress, false);
});

test('what outgoing has taken goes out in the SFID, the refused value does not', async () => {
  const { host } = await serverThatSends({
    octets: Buffer.from('ABCD\r\n'),
    on: {
      acceptConnection: ({ connection: { outgoing: target } }) => {
        Object.assign(target, { format: 'variable', maxRecordSize: 80, description: 'Grüße' });
        target.virtualFileDate = '202401020304050042';
        refusal(() => Object.assign(target, { maxRecordSize: 100_000 }), 10022);
        refusal(() => Object.assign(target, { description: 'x'.repeat(1000) }), 10022);
      },
    },
  });
  const { peer } = await host.session();
  peer.send(cd());
  const { fields } = (await receive(peer)).sfid;
  const { fmt, lrecl, date, time, desc } = fields;
  assert.equal([fmt, lrecl, date, time, desc], ['V', '00080', '20240102', '0304050042', 'Grüße']);
});

for (const [file, message] of [
  [{ compres: true }, "There is no option of sendFile 'compres'. Did you mean 'compress'?"],
  [{ virtualFilename: 'X' }, "There is no option of sendFile 'virtualFilename'. Did you mean 'virtualFileName'?"],
  [{ compress: 'no' }, "compress cannot be 'no'. It takes true or false."],
  [{ signedReceipt: 0 }, 'signedReceipt cannot be 0. It takes true or false.'],
] as const) {
  test(`sendFile with ${JSON.stringify(file)} is error 10022, and nothing is offered`, async () => {
    const { host, outcomes } = await serverThatSends({ file: file as object });
    const { peer } = await host.session();
    peer.send(cd());
    await peer.expectEsid(0);
    const [outcome] = (await outcomes()) as [Outcome<unknown>];
    assert.equal([outcome.error?.code, outcome.error?.message], [10022, message]);
  });
}

test.run();
