/** `oftp send` before a scripted server. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fixture, fixturePath } from '../security/support.js';
import type { Child } from '../support/child.js';
import { cleanUp } from '../support/cleanup.js';
import { folderWith } from '../support/folder.js';
import { HUB, PARTNER } from '../support/parties.js';
import { type RawPeer, RawResponder } from '../support/peer.js';
import { contentOf, type Received } from '../support/received.js';
import { receive, receiveUpToEfid, sample } from '../support/scenario.js';
import { cd, data, eerp, efid, efpa, esid, type Level, nerp, rtr, sfid, sfna, ssid, ssrm } from '../support/wire.js';
import { configText, Hub, oftp, startOftp, stderrOf, writeSettled } from './oftp.js';

test.after.each(cleanUp);

const FILES = { 'one.edi': 'first file', 'two.edi': 'second file', 'records.txt': 'ABCD\r\nEFGH\r\n' };

interface Sending {
  readonly child: Child;
  readonly peer: RawPeer;
  readonly folder: string;
}

/** Starts `oftp send` in a folder with FILES; the scripted server lets it in. */
async function sending(args: readonly string[], level: Level = 5): Promise<Sending> {
  const folder = folderWith(FILES);
  const responder = await RawResponder.listen();
  const own = ['--to', `127.0.0.1:${responder.port}`, '--from', PARTNER.code, '--password', PARTNER.password];
  const child = startOftp(['send', ...args, ...own], { cwd: folder });
  const peer = await responder.accept();
  peer.send(ssrm());
  await peer.expect('SSID');
  peer.send(ssid({ code: HUB.code, password: HUB.password, level }));
  peer.level = level;
  return { child, peer, folder };
}

/** What identifies the file of an SFID in its end response: the parties are swapped (RFC 5024 §5.3.13). */
function responseFields({ fields }: Received) {
  const trimmed = (name: string) => String(fields[name]).trimEnd();
  return {
    dsn: trimmed('dsn'),
    date: trimmed('date'),
    time: trimmed('time'),
    dest: trimmed('orig'),
    orig: trimmed('dest'),
  };
}

/** Takes the turn that is handed over, and gives it back. */
async function answerTurn(peer: RawPeer, ...buffers: Buffer[]): Promise<void> {
  await peer.expect('CD');
  for (const buffer of buffers) {
    peer.send(buffer);
    await peer.expect('RTR');
  }
  peer.send(cd());
}

async function farewell(peer: RawPeer): Promise<void> {
  await peer.expect('ESID', { reas: '00' });
  await peer.expectClose();
}

test('files go in the order of the command line; their end responses come in the same session', async () => {
  const { child, peer } = await sending(['two.edi', 'one.edi']);
  const second = await receive(peer);
  const first = await receive(peer);
  assert.is(second.sfid.fields['dsn'], 'TWO.EDI'.padEnd(26));
  assert.is(first.sfid.fields['dsn'], 'ONE.EDI'.padEnd(26));
  assert.is(first.sfid.fields['dest'], HUB.code.padEnd(25));
  assert.is(first.sfid.fields['orig'], PARTNER.code.padEnd(25));
  assert.is(first.sfid.fields['fmt'], 'U');
  await answerTurn(peer, eerp(5, responseFields(first.sfid)), eerp(5, responseFields(second.sfid)));
  await farewell(peer);
  const { code, output } = await child.finished;
  assert.is(code, 0);
  assert.is(
    output,
    [
      'two.edi: sent as TWO.EDI, 11 octets',
      'one.edi: sent as ONE.EDI, 10 octets',
      'two.edi: delivered (EERP)',
      'one.edi: delivered (EERP)',
      '',
    ].join('\n'),
  );
});

test('--certificate sends the certificate of a store, and only that, by its reserved name', async () => {
  const { child, peer } = await sending([fixturePath('certificates/bob.pem'), '--certificate', 'request']);
  const { sfid: offer, data: buffers } = await receive(peer);
  assert.is(offer.fields['dsn'], 'ODETTE_CERTIFICATE_REQUEST');
  assert.equal(contentOf(buffers), fixture('certificates/bob.cert.der'));
  await answerTurn(peer, eerp(5, responseFields(offer)));
  await farewell(peer);
  assert.match((await child.finished).output, /bob.pem: sent as ODETTE_CERTIFICATE_REQUEST, \d+ octets\n.*EERP/);
});

test('--certificate with a file that has none sends nothing and says why', async () => {
  const { child, peer } = await sending(['one.edi', '--certificate', 'deliver']);
  await peer.expect('CD');
  peer.send(esid(5, 0));
  const finished = await child.finished;
  assert.is(finished.code, 1);
  assert.match(stderrOf(finished), /one.edi: not sent: .*one.edi/);
});

test('--format f with --record-size sends records of a fixed length', async () => {
  const { peer } = await sending(['records.txt', '--format', 'f', '--record-size', '4']);
  await peer.expect('SFID', { fmt: 'F', lrecl: '00004' });
});

test('--format f without --record-size is refused before anything is offered', async () => {
  const { child, peer } = await sending(['one.edi', '--format', 'f']);
  await peer.expect('CD');
  peer.send(esid(5, 0));
  await peer.expectClose();
  const result = await child.finished;
  assert.is(result.code, 1);
  assert.match(stderrOf(result), /^one\.edi: not sent: .*maxRecordSize/);
});

test('--name, --destination, --sfid and --format reach the SFID', async () => {
  const options = ['--name', 'MY NAME_1', '--destination', 'O0013PLANT', '--sfid', 'O0013SUB', '--format', 't'];
  const { peer } = await sending(['one.edi', ...options]);
  await peer.expect('SFID', {
    dsn: 'MY NAME_1'.padEnd(26),
    dest: 'O0013PLANT'.padEnd(25),
    orig: 'O0013SUB'.padEnd(25),
    fmt: 'T',
  });
});

test('a server that has nothing to say ends the session: no end response yet is no failure, and is told', async () => {
  const { child, peer } = await sending(['one.edi']);
  await receive(peer);
  await peer.expect('CD');
  peer.send(esid(5, 0));
  await peer.expectClose();
  const { code, stdout } = await child.finished;
  assert.is(code, 0);
  assert.match(stdout, /one\.edi: no end response yet, it comes in a later session\n$/);
});

test('a session that breaks after the file was sent: exit code 1, one line for it, and one for the file', async () => {
  const { child, peer } = await sending(['one.edi']);
  await receive(peer);
  // CD straight after CD is not allowed (RFC 5024 §9.12).
  await answerTurn(peer);
  await peer.expectEsid(2);
  const result = await child.finished;
  assert.is(result.code, 1);
  assert.match(stderrOf(result), /^session ended here, reason 2: [^\n]*\n$/);
  assert.match(result.stdout, /one\.edi: sent as ONE\.EDI, 10 octets\none\.edi: no end response yet/);
});

test('NERP: exit code 1, with its reason', async () => {
  const { child, peer } = await sending(['one.edi']);
  const { sfid: offer } = await receive(peer);
  await answerTurn(peer, nerp(5, { ...responseFields(offer), reas: 34, text: 'no such order' }));
  await farewell(peer);
  const result = await child.finished;
  assert.is(result.code, 1);
  assert.is(stderrOf(result), 'one.edi: not delivered (NERP), reason 34: no such order\n');
});

test('an end response for a file of an earlier session is told and does not count', async () => {
  const { child, peer } = await sending(['one.edi']);
  await receive(peer);
  await answerTurn(peer, nerp(5, { dsn: 'ONE.EDI', date: '20200101', dest: PARTNER.code, orig: HUB.code }));
  await farewell(peer);
  const { code, stdout } = await child.finished;
  assert.is(code, 0);
  assert.match(stdout, /one\.edi: no end response yet/);
  assert.match(stdout, /ONE\.EDI, sent earlier: not delivered \(NERP\), reason 34/);
});

test('OFTP 1.3, whose stamps are short: the end response finds its file', async () => {
  const { child, peer } = await sending(['one.edi', '--oftp', '1.3'], 2);
  const { sfid: offer } = await receive(peer);
  await answerTurn(peer, eerp(2, responseFields(offer)));
  await farewell(peer);
  const { code, stdout } = await child.finished;
  assert.is(code, 0);
  assert.match(stdout, /one\.edi: delivered \(EERP\)\n$/);
});

test('a file that is refused: exit code 1 with the reason; the others are sent', async () => {
  const { child, peer } = await sending(['one.edi', 'two.edi']);
  await peer.expect('SFID');
  peer.send(sfna(5, 2, 'N', 'unknown plant'));
  const { sfid: offer } = await receive(peer);
  await answerTurn(peer, eerp(5, responseFields(offer)));
  await farewell(peer);
  const result = await child.finished;
  assert.is(result.code, 1);
  assert.match(stderrOf(result), /^one\.edi: not sent: .*SFNA 2: unknown plant; it must not be sent again\n$/);
  assert.match(result.stdout, /two\.edi: delivered \(EERP\)/);
});

test('a session that ends in the middle: exit code 1, its reason, and each file that did not go', async () => {
  const { child, peer } = await sending(['one.edi', 'two.edi']);
  await receiveUpToEfid(peer);
  peer.send(esid(5, 8, 'disc full'));
  await peer.expectClose();
  const result = await child.finished;
  assert.is(result.code, 1);
  assert.match(result.output, /reason 8: .*disc full/);
  assert.match(result.output, /one\.edi: not sent: /);
  assert.match(result.output, /two\.edi: not sent: /);
});

test('a connection that is reset in the middle: exit code 1', async () => {
  const { child, peer } = await sending(['one.edi']);
  await peer.expect('SFID');
  peer.reset();
  const result = await child.finished;
  assert.is(result.code, 1);
  assert.match(result.output, /one\.edi: not sent: /);
});

test('files behind an EFPA that asks for the turn wait until it is back, and end responses come meanwhile', async () => {
  const { child, peer } = await sending(['one.edi', 'two.edi']);
  for (const name of ['ONE.EDI', 'TWO.EDI']) {
    const { sfid: offer } = await receive(peer, { answer: efpa('Y') });
    await peer.expect('CD');
    assert.is(offer.fields['dsn'], name.padEnd(26));
    peer.send(eerp(5, responseFields(offer)));
    await peer.expect('RTR');
    peer.send(cd());
  }
  await peer.expect('ESID', { reas: '00' });
  const { code, stdout } = await child.finished;
  assert.is(code, 0);
  assert.match(stdout, /one\.edi: delivered \(EERP\)\ntwo\.edi: delivered \(EERP\)\n$/);
});

test('a server that keeps the turn that its EFPA took, and ends the session, ends it in good order', async () => {
  const { child, peer } = await sending(['one.edi']);
  await receive(peer, { answer: efpa('Y') });
  await peer.expect('CD');
  peer.send(esid(5, 0));
  await peer.expectClose();
  const { code, stdout } = await child.finished;
  assert.is(code, 0);
  assert.match(stdout, /one\.edi: no end response yet, it comes in a later session\n$/);
});

test('a file that the server offers stays there, and it is told how to get it', async () => {
  const { child, peer } = await sending(['one.edi']);
  await receive(peer);
  await peer.expect('CD');
  peer.send(sfid(5, { dsn: 'REPLY', dest: PARTNER.code, orig: HUB.code }));
  await peer.expect('SFNA', { reas: '14', rrtr: 'Y' });
  peer.send(cd());
  await farewell(peer);
  const { code, stdout } = await child.finished;
  assert.is(code, 0);
  assert.match(stdout, /REPLY: waits at the server, get it by --receive or "oftp receive"\n$/);
});

test('--receive takes it, and confirms it', async () => {
  const { child, peer, folder } = await sending(['one.edi', '--receive', 'in/new']);
  await receive(peer);
  await peer.expect('CD');
  peer.send(sfid(5, { dsn: 'REPLY', dest: PARTNER.code, orig: HUB.code }));
  await peer.expect('SFPA');
  peer.send(data('answer', { endOfRecord: true }), efid(5, { ucnt: 6 }));
  await peer.expect('EFPA');
  peer.send(cd());
  await peer.expect('EERP');
  peer.send(rtr());
  for (let next = await peer.expectOneOf('CD', 'ESID'); next.name === 'CD'; ) {
    peer.send(cd());
    next = await peer.expectOneOf('CD', 'ESID');
  }
  await peer.expectClose();
  const { code, stdout } = await child.finished;
  assert.is(code, 0);
  const path = join(folder, 'in', 'new', 'REPLY_202402291234560001');
  assert.match(stdout, `REPLY: received, 6 octets, as ${path}\n`);
  assert.is(readFileSync(path, 'utf8'), 'answer');
});

test('--verbose shows the commands on standard error, without the password', async () => {
  const hub = await Hub.start();
  writeSettled(hub.path('one.edi'), 'x');
  const own = ['--to', hub.serving.address, '--from', PARTNER.code, '--password', PARTNER.password, '-v'];
  const { code, output } = await oftp(['send', 'one.edi', ...own], { cwd: hub.folder });
  assert.is(code, 0);
  assert.match(output, /sent SSID lev=5 code=O0013PARTNER pswd=\*+ /);
  assert.match(output, /received EFPA/);
  assert.not.match(output, /PARTPW|HUBPW/);
});

test('a text file with a line that is too long is not sent', async () => {
  const hub = await Hub.start();
  writeFileSync(hub.path('long.txt'), 'x'.repeat(3000));
  const own = ['--to', hub.serving.address, '--from', PARTNER.code, '--password', PARTNER.password, '--format', 't'];
  const result = await oftp(['send', 'long.txt', ...own], { cwd: hub.folder });
  assert.is(result.code, 1);
  assert.match(stderrOf(result), /^long\.txt: not sent: .*line 1 is longer than/);
});

test('a file for a destination that is none of the server is refused with a reason on both sides', async () => {
  const hub = await Hub.start(configText());
  writeFileSync(hub.path('big.edi'), sample(5000));
  const own = ['--to', hub.serving.address, '--from', PARTNER.code, '--password', PARTNER.password];
  const args = ['send', 'big.edi', ...own, '--destination', 'O0013ELSEWHERE'];
  const result = await oftp(args, { cwd: hub.folder });
  assert.is(result.code, 1);
  assert.match(stderrOf(result), /^big\.edi: not sent: .*SFNA 2: invalid destination/);
  await hub.serving.logged(/refused BIG\.EDI: its destination O0013ELSEWHERE is not one of the own codes/);
});

test.run();
