/** Protected files with `oftp serve`, from `oftp send` and to `oftp receive`. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { certificatePath, keyPath } from '../security/support.js';
import { cleanUp } from '../support/cleanup.js';
import { folderWith } from '../support/folder.js';
import { cd } from '../support/wire.js';
import { AS_PARTNER, configText, Hub, oftp, PARTNER_ENV, writeSettled } from './oftp.js';

test.after.each(cleanUp);

const CONTENT = "UNB+UNOA:3+SUPPLIER+HUB'UNH+1+DELFOR'";
const storeOf = (name: string) => readFileSync(keyPath(name), 'utf8') + readFileSync(certificatePath(name), 'utf8');

/** The hub is alice, its partner bob; `partner` are further lines of the partner. */
async function start(partner = ''): Promise<Hub> {
  const own = join(folderWith({ 'alice.pem': storeOf('alice') }), 'alice.pem');
  return Hub.start(
    configText(`certificate: ${certificatePath('bob')}\n${partner}`, `security:\n  certificate: ${own}`),
  );
}

/** What bob has, and the options that say so. */
function asBob(): { folder: string; certificates: readonly string[] } {
  const folder = folderWith({ 'bob.pem': storeOf('bob'), 'order.edi': CONTENT });
  const own = ['--own-certificate', join(folder, 'bob.pem')];
  return { folder, certificates: [...own, '--recipient-certificate', certificatePath('alice')] };
}

/** SFIDSEC, SFIDCOMP, SFIDCIPH and SFIDSIGN (RFC 5024 §5.3.3) */
type Fields = Readonly<Record<'sec' | 'comp' | 'ciph' | 'sign', string>>;

const SENDINGS = [
  ['--security', 'signed'],
  ['--security', 'encrypted', '--compress'],
  ['--security', 'encryptedAndSigned', '--compress', '--signed-receipt'],
];

for (const options of SENDINGS) {
  test(`send ${options.join(' ')}: the file arrives as it was, and its end response comes`, async () => {
    const hub = await start();
    const { folder, certificates } = asBob();
    const to = ['send', join(folder, 'order.edi'), '--to', hub.serving.address];
    const result = await oftp([...to, ...AS_PARTNER, ...certificates, ...options], { env: PARTNER_ENV });
    assert.is(result.code, 0, result.output);
    assert.match(result.stdout, /order\.edi: delivered \(EERP\)/);
    const [name, ...others] = hub.names('inbox').filter((entry) => !entry.startsWith('.'));
    assert.equal(others, []);
    assert.is(readFileSync(join(hub.path('inbox'), name as string), 'utf8'), CONTENT);
  });
}

const RECEIVINGS: readonly (readonly [lines: string, fields: Fields])[] = [
  ['security: signed', { sec: '02', comp: '0', ciph: '04', sign: 'N' }],
  ['security: encrypted\ncompress: true\ncipherSuite: 2', { sec: '01', comp: '1', ciph: '02', sign: 'N' }],
  [
    'security: encryptedAndSigned\ncompress: true\nsignedReceipt: true',
    { sec: '03', comp: '1', ciph: '04', sign: 'Y' },
  ],
];

for (const [lines, fields] of RECEIVINGS) {
  test(`an outbox with ${lines.split('\n').join(', ')}: the partner gets the file as it was`, async () => {
    const hub = await start(lines);
    writeSettled(join(hub.path('outbox'), 'order.edi'), CONTENT);
    const { peer } = await hub.serving.session();
    peer.send(cd());
    await peer.expect('SFID', fields);
    peer.reset();
    const { folder, certificates } = asBob();
    const from = ['receive', '--from', hub.serving.address, '--into', join(folder, 'in'), '--name-format', 'got'];
    const result = await oftp([...from, ...AS_PARTNER, ...certificates], { env: PARTNER_ENV });
    assert.is(result.code, 0, result.output);
    assert.is(readFileSync(join(folder, 'in', 'got'), 'utf8'), CONTENT);
    await hub.serving.logged(/ORDER\.EDI/);
    assert.equal(hub.names('outbox'), ['failed']);
  });
}

test('what is encrypted for somebody else is not taken, and stays with its sender', async () => {
  const hub = await start();
  const { folder, certificates } = asBob();
  const forCarol = [...certificates.slice(0, -1), certificatePath('carol')];
  const to = ['send', join(folder, 'order.edi'), '--to', hub.serving.address, '--security', 'encrypted'];
  const result = await oftp([...to, ...AS_PARTNER, ...forCarol], { env: PARTNER_ENV });
  assert.is(result.code, 1, result.output);
  assert.equal(
    hub.names('inbox').filter((name) => !name.startsWith('.')),
    [],
  );
});

test('SIGHUP takes the certificates that the files have now', async () => {
  const folder = folderWith({ 'own.pem': storeOf('carol') });
  const own = join(folder, 'own.pem');
  const hub = await Hub.start(configText(`certificate: ${certificatePath('bob')}`, `security:\n  certificate: ${own}`));
  const bob = asBob();
  const send = () =>
    oftp(
      [
        ...['send', join(bob.folder, 'order.edi'), '--to', hub.serving.address, '--security', 'encrypted'],
        ...AS_PARTNER,
        ...bob.certificates,
      ],
      { env: PARTNER_ENV },
    );
  assert.is((await send()).code, 1);
  writeFileSync(own, storeOf('alice'));
  hub.serving.child.signal('SIGHUP');
  await hub.serving.logged(/reloaded/);
  const { code, output } = await send();
  assert.is(code, 0, output);
});

const own = 'security: { certificate: alice.pem }';
const WRONG: readonly (readonly [partner: string, more: string, words: RegExp])[] = [
  ['security: signed', '', /partners\[0\]\.security: nothing to sign with: the section security has to name/],
  ['security: encrypted', own, /partners\[0\]\.security: nothing to encrypt for: give the certificate of the partner/],
  ['signedReceipt: true', own, /partners\[0\]\.signedReceipt: nothing to verify them with/],
  ['cipherSuite: 8', own, /'8' is not a whole number from 1 to 7/],
  ['security: secret', own, /'secret' is not known: use none, encrypted, signed, encryptedAndSigned/],
  ['certificate: none.pem', own, /partners\[0\]\.certificate: .*none\.pem.*ENOENT/],
  ['', 'security: { certificate: bob.cert.pem }', /security\.certificate: .*bob\.cert\.pem has no private key/],
  ['', 'security: {}', /security\.certificate: missing/],
  ['', 'security: { certificate: [alice.pem, alice.pem] }', /security\.certificate: one is enough/],
];

for (const [partner, more, words] of WRONG) {
  test(`${partner || more} is refused with its key and the remedy`, async () => {
    const folder = folderWith({
      'oftp.yaml': configText(partner, more),
      'alice.pem': storeOf('alice'),
      'bob.cert.pem': readFileSync(certificatePath('bob'), 'utf8'),
    });
    const { code, output } = await oftp(['serve', '--config', join(folder, 'oftp.yaml'), '--check-config']);
    assert.is(code, 2, output);
    assert.match(output, words);
    assert.not.ok(readdirSync(folder).includes('inbox'));
  });
}

test.run();
