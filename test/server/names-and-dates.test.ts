/**
 * Names and dates of virtual files through the public API and a raw peer: rows B-105 to B-108, B-178, B-201, B-238,
 * B-277 to B-279, B-293, B-294, B-296 to B-304, B-320, B-321.
 */
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { OFTPConnection, SendFileOptions } from '../../src/index.js';
import { cleanUp } from '../support/cleanup.js';
import { gate } from '../support/gate.js';
import { outcomeOf, within } from '../support/outcome.js';
import type { RawPeer } from '../support/peer.js';
import type { Received } from '../support/received.js';
import { refusal } from '../support/refusal.js';
import { sample, transfer } from '../support/scenario.js';
import { serverThatSends } from '../support/sending.js';
import { TestServer } from '../support/server.js';
import { cd, sfna } from '../support/wire.js';

test.after.each(cleanUp);

/** Lets the server offer a file and refuses it. */
async function offered(peer: RawPeer): Promise<Received> {
  const sfid = await peer.expect('SFID');
  peer.send(sfna(5, 99));
  return sfid;
}

/** The SFIDs of files that a server offers with these options, one after the other in one turn. */
async function offers(...options: Partial<SendFileOptions>[]): Promise<Received[]> {
  const host = await TestServer.start({
    on: {
      readyToSend: async ({ connection }) => {
        const path = host.outgoing('OUT', 'x');
        for (const option of options) await outcomeOf(connection.sendFile({ path, virtualFileName: 'OUT', ...option }));
      },
    },
  });
  const { peer } = await host.session();
  peer.send(cd());
  const sfids: Received[] = [];
  while (sfids.length < options.length) sfids.push(await offered(peer));
  return sfids;
}

const stampOf = ({ fields }: Received): string => `${fields['date']}${fields['time']}`;

test('B-105 without virtualFileDate a file has the local time of its sending', async () => {
  const before = Math.floor(Date.now() / 1000);
  const [sfid] = await offers({});
  const [, year, month, day, hour, minute, second] = (/^(....)(..)(..)(..)(..)(..)/.exec(stampOf(sfid!)) ?? []).map(
    Number,
  );
  const sent = new Date(year!, month! - 1, day, hour, minute, second).getTime() / 1000;
  assert.ok(sent >= before && sent <= Date.now() / 1000, stampOf(sfid!));
});

/** The digits of a moment in local time. */
function local(utc: string): string {
  const date = new Date(utc);
  const parts = [date.getFullYear(), date.getMonth() + 1, date.getDate(), date.getHours(), date.getMinutes()];
  return [...parts, date.getSeconds()].map((part) => String(part).padStart(2, '0')).join('');
}

const noon = local('2024-01-02T11:04:05Z');

/** One text for each pattern of the reference, two of which it lists twice. */
const DATES: readonly (readonly [pattern: string, text: string, digits: string])[] = [
  ['ddd, d MMM yy HH:mm:ss zzz', 'Tue, 2 Jan 24 12:04:05 +01:00', noon],
  ['ddd, d MMM yyyy HH:mm:ss zzz', 'Tue, 2 Jan 2024 12:04:05 +01:00', noon],
  ['d MMM yy HH:mm:ss zzz', '2 Jan 24 12:04:05 +01:00', noon],
  ['d MMM yyyy HH:mm:ss zzz', '2 Jan 2024 12:04:05 +0100', noon],
  ['dd-MMM-yyyy HH:mm:ss', '02-Jan-2024 03:04:05', '20240102030405'],
  ['ddd, d MMM yy HH:mm:ss zz', 'Tue, 2 Jan 24 12:04:05 +01', noon],
  ['ddd, d MMM yyyy HH:mm:ss zz', 'Tue, 2 Jan 2024 12:04:05 +01', noon],
  ['ddd, d MMM yy HH:mm:ss z', 'Tue, 2 Jan 24 12:04:05 +1', noon],
  ['ddd, d MMM yyyy HH:mm:ss z', 'Tue, 2 Jan 2024 12:04:05 +1', noon],
  ["ddd, dd MMM yyyy HH:mm:ss 'GMT'", 'Tue, 02 Jan 2024 11:04:05 GMT', noon],
  ['dddd, MMMM dd, yyyy h:mm:ss tt', 'Tuesday, January 02, 2024 3:04:05 PM', '20240102150405'],
  ['dddd, MMMM dd yyyy h:mm tt', 'Tuesday, January 02 2024 3:04 AM', '20240102030400'],
  ['yyMMddHHmmssZ', '240102110405Z', noon],
  ['yyyyMMddHHmmssZ', '20240102110405Z', noon],
  ['yyMMddHHmmsszzzz', '240102120405+01:00', noon],
  ['yyyyMMddHHmmsszzzz', '20240102120405+01:00', noon],
  ['yyyyMMddHHmmssffff', '202401020304050042', '20240102030405'],
  ['MM/dd/yyyy HH:mm:ss', '01/02/2024 03:04:05', '20240102030405'],
];

test('B-107 B-108 every accepted pattern of virtualFileDate goes out as local time, ffff as the counter', async () => {
  const sfids = await offers(...DATES.map(([, virtualFileDate]) => ({ virtualFileDate })));
  for (const [index, [pattern, , digits]] of DATES.entries()) {
    const counter = pattern.endsWith('ffff') ? '0042' : '0001';
    assert.is(stampOf(sfids[index]!), digits + counter, pattern);
  }
});

/** Runs something on a connection before the session opens. */
async function withConnection(look: (connection: OFTPConnection) => void): Promise<void> {
  const host = await TestServer.start({ on: { acceptConnection: ({ connection }) => look(connection) } });
  await host.session();
  assert.equal(host.events.named('error'), []);
}

test('B-106 outgoing.virtualFileDate reads back as MM/dd/yyyy HH:mm:ss, whatever it was set from', () =>
  withConnection(({ outgoing }) => {
    assert.is(outgoing.virtualFileDate, '');
    for (const [pattern, text, digits] of DATES) {
      outgoing.virtualFileDate = text;
      const [, year, month, day, time] = /^(....)(..)(..)(.{6})$/.exec(digits) ?? [];
      const clock = (time ?? '').replace(/(..)(..)(..)/, '$1:$2:$3');
      assert.is(outgoing.virtualFileDate, `${month}/${day}/${year} ${clock}`, pattern);
    }
    outgoing.virtualFileDate = '';
    assert.is(outgoing.virtualFileDate, '');
  }));

test('B-107 B-393 what is no date is error 680, and the date before stays', () =>
  withConnection(({ outgoing }) => {
    outgoing.virtualFileDate = '01/02/2024 03:04:05';
    refusal(() => Object.assign(outgoing, { virtualFileDate: 'abc' }), 680, "'abc'");
    assert.is(outgoing.virtualFileDate, '01/02/2024 03:04:05');
  }));

test('B-106 B-108 the counter of outgoing.virtualFileDate goes out, although it does not read back', async () => {
  const host = await TestServer.start({
    on: {
      readyToSend: async ({ connection }) => {
        connection.outgoing.virtualFileDate = '202401020304050042';
        await outcomeOf(connection.sendFile({ path: host.outgoing('OUT', 'x'), virtualFileName: 'OUT' }));
      },
    },
  });
  const { peer } = await host.session();
  peer.send(cd());
  assert.is(stampOf(await offered(peer)), '202401020304050042');
});

test('B-107 a date in VirtualFileDateFormat is understood, and first in that', async () => {
  const { host } = await serverThatSends({
    config: ['VirtualFileDateFormat=dd/MM/yyyy HH:mm:ss'],
    file: { virtualFileDate: '01/02/2024 03:04:05' },
  });
  const { peer } = await host.session();
  peer.send(cd());
  assert.is(stampOf(await offered(peer)), '202402010304050001');
});

const STAMP = { dsn: 'ORDERS', date: '20240229', time: '2359590042' };

for (const [row, format, text] of [
  ['B-320', 'MM/dd/yyyy HH:mm:ss', '02/29/2024 23:59:59'],
  ['B-321', 'yyyyMMddHHmmssffff', '202402292359590042'],
  ['B-178', 'ddd d MMM yy h:mm tt', 'Thu 29 Feb 24 11:59 PM'],
]) {
  test(`${row} B-178 B-238 B-293 ${format}: the date of a received file in every event and in ReceivedFileDateTime`, async () => {
    let dateTime = '';
    const host = await TestServer.start({
      config: [`VirtualFileDateFormat=${format}`],
      on: {
        endTransfer: ({ connection }) => {
          dateTime = connection.config('ReceivedFileDateTime');
        },
      },
    });
    const { peer } = await host.session();
    await transfer(peer, sample(10), STAMP);
    for (const name of ['acceptFile', 'startTransfer', 'endTransfer'] as const) {
      assert.is((await host.events.next(name)).virtualFileDate, text, name);
    }
    assert.is(dateTime, text);
    // B-201
    peer.send(cd());
    await peer.expect('EERP', { date: '20240229', time: '2359590042' });
  });
}

const NAMES: readonly (readonly [row: string, template: string, name: string | RegExp])[] = [
  ['B-297', '', 'ORDERS'],
  ['B-298', '%VirtualFileName%_%VirtualFileDate%_%Destination%', 'ORDERS_202402292359590042_O0013HUB'],
  ['B-299', '%UserData%.dat', 'USER1.dat'],
  ['B-300', '%GUID%', /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/],
  ['B-301', '%CurrentTime%', /^20\d{12}$/],
  ['B-302', '%Originator%-%Destination%', 'O0013PARTNER-O0013HUB'],
  ['B-303', 'in %VirtualFileDate:yyyy-MM-dd_HHmmss.ffff%', 'in 2024-02-29_235959.0042'],
];

for (const [row, template, name] of NAMES) {
  test(`${row} B-296 ReceivedFileNameFormat=${template || 'unset'} names the file, and ReceivedFileName tells its path`, async () => {
    let path = '';
    const host = await TestServer.start({
      config: template === '' ? [] : [`ReceivedFileNameFormat=${template}`],
      on: {
        endTransfer: ({ connection, localFile }) => {
          path = connection.config('ReceivedFileName');
          assert.is(path, localFile);
        },
      },
    });
    const { peer } = await host.session();
    await transfer(peer, sample(10), { ...STAMP, user: 'USER1' });
    await host.events.next('endTransfer');
    const [found = ''] = host.delivered();
    if (typeof name === 'string') assert.is(found, name);
    else assert.match(found, name);
    assert.is(path, join(host.inbox, found));
  });
}

test('B-301 %CurrentTime% is the local time at which the file comes', async () => {
  const host = await TestServer.start({ config: ['ReceivedFileNameFormat=%CurrentTime%'] });
  const { peer } = await host.session();
  const before = local(new Date().toISOString());
  await transfer(peer, sample(10));
  const [name = ''] = host.delivered();
  assert.ok(name >= before && name <= local(new Date().toISOString()), name);
});

test('B-300 the GUID differs from file to file', async () => {
  const host = await TestServer.start({ config: ['ReceivedFileNameFormat=%GUID%'] });
  const { peer } = await host.session();
  await transfer(peer, sample(10), { dsn: 'A' });
  await transfer(peer, sample(10), { dsn: 'B' });
  assert.is(new Set(host.delivered()).size, 2);
});

test('B-304 a connection has a template of its own, and the others keep that of the server', async () => {
  let first = true;
  const host = await TestServer.start({
    on: {
      acceptConnection: ({ connection, connectionId }) => {
        if (first) host.server.config(`ReceivedFileNameFormat[${connectionId}]=own-%VirtualFileName%`);
        first = false;
        assert.ok(connection.connected);
      },
    },
  });
  const one = await host.session();
  const other = await host.session();
  await transfer(one.peer, sample(10), { dsn: 'A' });
  await transfer(other.peer, sample(10), { dsn: 'B' });
  assert.equal(host.delivered(), ['B', 'own-A']);
});

test('B-277 B-278 FileDescription goes out as UTF-8: 999 octets fit, to the last character', async () => {
  const text = `${'é'.repeat(498)}€`;
  const { host } = await serverThatSends({ config: [`FileDescription=${text}`] });
  const { peer } = await host.session();
  peer.send(cd());
  const { fields, octets } = await offered(peer);
  assert.is(fields['desc'], text);
  assert.is(octets.length, 165 + 999);
});

test('B-278 1000 octets are refused by FileDescription, by outgoing and by sendFile, with nothing on the wire', async () => {
  const text = `${'é'.repeat(499)}xx`;
  const settled = gate();
  const host = await TestServer.start({
    on: {
      readyToSend: async ({ connection }) => {
        refusal(() => connection.config(`FileDescription=${text}`), 10022, 'at most 999 octets of UTF-8, not 1000');
        const path = host.outgoing('OUT', 'x');
        const { error } = await outcomeOf(connection.sendFile({ path, description: text }));
        assert.is(error?.code, 10022);
        assert.match(error?.message ?? '', 'at most 999 octets of UTF-8, not 1000');
        const toOutgoing = () => Object.assign(connection.outgoing, { description: text });
        refusal(toOutgoing, 10022, 'at most 999 octets of UTF-8, not 1000');
        settled.open();
      },
    },
  });
  const { peer } = await host.session();
  peer.send(cd());
  await within(settled.opened);
  await peer.expect('ESID', { reas: '00' });
});

test('B-279 B-294 ReceivedFileDescription has what came, FileDescription what is to be sent', async () => {
  const texts: string[] = [];
  const host = await TestServer.start({
    config: ['FileDescription=ours'],
    on: {
      endTransfer: ({ connection }) => {
        texts.push(connection.config('ReceivedFileDescription'), connection.config('FileDescription'));
      },
    },
  });
  const { peer } = await host.session();
  await transfer(peer, sample(10), { desc: 'Bestellungen für März' });
  await host.events.next('endTransfer');
  assert.equal(texts, ['Bestellungen für März', 'ours']);
});

test.run();
