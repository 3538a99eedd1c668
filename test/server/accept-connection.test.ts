/** Who may connect and what the server answers him: connectionRequest, connected, acceptConnection. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { AcceptConnectionEvent } from '../../src/index.js';
import { cleanUp } from '../support/cleanup.js';
import { gate } from '../support/gate.js';
import { HUB, PARTNER } from '../support/parties.js';
import { refusal } from '../support/refusal.js';
import { sample, transfer } from '../support/scenario.js';
import { TestServer } from '../support/server.js';
import { cd, sfid, sfpa, ssid } from '../support/wire.js';

test.after.each(cleanUp);

// covers: connectionRequest.accept
test('B-195 connectionRequest: accept starts as true, and without a handler the client is connected', async () => {
  const host = await TestServer.start();
  await host.ready();
  assert.is((await host.events.next('connectionRequest')).accept, true);
  await host.events.next('connected');
});

test('B-197 connectionRequest: accept = false closes without SSRM, connected or disconnected', async () => {
  const connectionRequest = (event: { accept: boolean }) => {
    event.accept = false;
  };
  const host = await TestServer.start({ on: { connectionRequest } });
  await (await host.connect()).expectClose();
  assert.equal(
    host.events.all.map(({ name }) => name),
    ['connectionRequest'],
  );
});

test('a handler of connectionRequest that throws refuses the client, and error says so', async () => {
  const connectionRequest = () => {
    throw new Error('no directory');
  };
  const host = await TestServer.start({ on: { connectionRequest } });
  await (await host.connect()).expectClose();
  assert.match((await host.events.next('error')).description, /connectionRequest.*no directory/);
  assert.equal(host.events.named('connected'), []);
});

test('a handler of connectionRequest that does not settle in time refuses this client, and delays no other', async () => {
  const held = gate();
  let requests = 0;
  const connectionRequest = () => (++requests === 1 ? held.opened : undefined);
  const host = await TestServer.start({ settings: { defaultTimeout: 1 }, on: { connectionRequest } });
  const first = await host.connect();
  await host.ready();
  await first.expectClose();
  held.open();
});

for (const [version, level] of [
  ['1.2', 1],
  ['1.3', 2],
  ['1.4', 4],
  ['2.0', 5],
] as const) {
  // covers: acceptConnection.clientVersion, acceptConnection.serverVersion
  test(`B-001 B-003 B-171 B-172 a client of level ${level}: version ${version} both ways, in clear`, async () => {
    const host = await TestServer.start();
    const { answer } = await host.session({ level });
    assert.is(answer.fields['lev'], String(level));
    const event = await host.events.next('acceptConnection');
    assert.equal([event.clientVersion, event.serverVersion], [version, version]);
    assert.is(event.connection.version, version);
  });
}

for (const [serverVersion, level, length] of [
  ['1.2', 1, 128],
  ['1.3', 2, 128],
  ['1.4', 4, 128],
] as const) {
  test(`B-173 serverVersion = ${serverVersion} for a client of 2.0: level ${level}, and commands of that level`, async () => {
    const host = await TestServer.start({
      on: {
        acceptConnection: (event) => {
          event.serverVersion = serverVersion;
        },
        readyToSend: async ({ connection }) => {
          await connection.sendFile({ path: host.outgoing('OUT', 'x') });
        },
      },
    });
    const { peer, answer } = await host.session({ level: 5 });
    assert.is(answer.fields['lev'], String(level));
    assert.is((await host.events.next('acceptConnection')).connection.version, serverVersion);
    peer.send(cd());
    assert.is((await peer.expect('SFID')).octets.length, length);
  });
}

for (const serverVersion of ['2.0', '3.0']) {
  test(`B-174 serverVersion = ${serverVersion} for a client of 1.4 is ESID 10 and error 671`, async () => {
    const acceptConnection = (event: { serverVersion: string }) => {
      event.serverVersion = serverVersion;
    };
    const host = await TestServer.start({ on: { acceptConnection } });
    const peer = await host.ready();
    peer.send(ssid({ level: 4 }));
    await peer.expectEsid(10);
    const { errorCode, description } = await host.events.next('error');
    assert.is(errorCode, 671);
    assert.match(description, serverVersion);
  });
}

test('B-007 acceptConnection comes before the answer: until it settles nothing is said', async () => {
  const decided = gate();
  const host = await TestServer.start({ on: { acceptConnection: () => decided.opened } });
  const peer = await host.ready();
  peer.send(ssid());
  await host.events.next('acceptConnection');
  await peer.expectSilence();
  decided.open();
  await peer.expect('SSID');
});

test('a client whose acceptConnection takes long delays no other', async () => {
  const decided = gate();
  let asked = 0;
  const host = await TestServer.start({ on: { acceptConnection: () => (++asked === 1 ? decided.opened : undefined) } });
  const slow = await host.ready();
  slow.send(ssid());
  await host.events.next('acceptConnection');
  const { peer } = await host.session();
  await transfer(peer, sample(10));
  decided.open();
  await slow.expect('SSID');
});

test('acceptConnection answered when the client has gone: no session comes of it', async () => {
  const decided = gate();
  const host = await TestServer.start({ on: { acceptConnection: () => decided.opened } });
  const peer = await host.ready();
  peer.send(ssid());
  const { connection } = await host.events.next('acceptConnection');
  peer.reset();
  assert.is((await host.events.next('disconnected')).statusCode, 10054);
  decided.open();
  await host.session();
  assert.is(connection.negotiated, null);
  assert.equal([...host.server.connections.values()].includes(connection), false);
});

// covers: acceptConnection.errorCode, acceptConnection.errorDescription
for (const [code, level] of [3, 4, 9, 10, 99].flatMap((code) =>
  ([4, 5] as const).map((level) => [code, level] as const),
)) {
  test(`B-008 B-176 level ${level}: accept = false with errorCode ${code} is ESID ${code}`, async () => {
    const acceptConnection = (event: { accept: boolean; errorCode: number }) => {
      event.accept = false;
      event.errorCode = code;
    };
    const host = await TestServer.start({ on: { acceptConnection } });
    const peer = await host.ready();
    peer.level = level;
    peer.send(ssid({ level }));
    await peer.expectEsid(code);
    await host.events.next('disconnected');
    assert.equal(host.events.named('readyToSend'), []);
  });
}

test('B-175 accept = false and nothing else is ESID 99; errorDescription is its text', async () => {
  let text = '';
  const acceptConnection = (event: { accept: boolean; errorDescription: string }) => {
    event.accept = false;
    event.errorDescription = text;
  };
  const host = await TestServer.start({ on: { acceptConnection } });
  for (text of ['', 'call on Monday']) {
    const peer = await host.ready();
    peer.send(ssid());
    const { fields } = await peer.expect('ESID', { reas: '99' });
    if (text !== '') assert.is(fields['text'], text);
    await peer.expectClose();
  }
});

// covers: acceptConnection.clientPassword, acceptConnection.accept
test('B-170 accept starts as true; the password is the handler’s to check, passwordMatches or in clear', async () => {
  const host = await TestServer.start();
  const seen: AcceptConnectionEvent[] = [];
  host.server.on('acceptConnection', (event) => {
    seen.push(event);
    event.accept = true;
  });
  await host.session({ password: 'WRONG' });
  const [event] = seen;
  assert.is(event?.clientPassword, 'WRONG');
  assert.is(event?.passwordMatches(PARTNER.password), false);
  assert.is(event?.passwordMatches('WRONG'), true);
});

test('B-009 B-076 B-077 downloadDirectory of connected or acceptConnection holds for the first file', async () => {
  for (const name of ['connected', 'acceptConnection'] as const) {
    const inboxes: string[] = [];
    const host = await TestServer.start({
      settings: { downloadDirectory: '/nowhere' },
      on: {
        [name]: ({ connection }: { connection: { downloadDirectory: string } }) => {
          connection.downloadDirectory = inboxes[0] ?? '';
        },
      },
    });
    inboxes.push(host.inbox);
    const { peer } = await host.session();
    await transfer(peer, sample(10));
    assert.equal(host.delivered(), ['TESTFILE']);
  }
});

test('B-076 without a downloadDirectory a file is refused, and error says what to set', async () => {
  const acceptConnection = ({ connection }: { connection: { downloadDirectory: string } }) => {
    connection.downloadDirectory = '';
  };
  const host = await TestServer.start({ on: { acceptConnection } });
  const { peer } = await host.session();
  peer.send(sfid(5));
  await peer.expect('SFNA', { reas: '12', rrtr: 'Y' });
  assert.match((await host.events.next('error')).description, /downloadDirectory/);
});

for (const [config, field, value] of [
  ['ServerSSIDCode[id]=O0013OTHER', 'code', 'O0013OTHER'.padEnd(25)],
  ['ServerPassword[id]=SPECIAL', 'password', 'SPECIAL '],
  ['ConnectionType[id]=1', 'sr', 'S'],
  ['ConnectionType[id]=2', 'sr', 'R'],
  ['CreditCount[id]=55', 'cred', '055'],
  ['ExchangeBufferSize[id]=1024', 'sdeb', '01024'],
] as const) {
  test(`B-254 B-312 B-315 ${config} in acceptConnection is what this client gets, and no other`, async () => {
    let first = true;
    const host = await TestServer.start({
      on: {
        acceptConnection: ({ connectionId }) => {
          if (first) host.server.config(config.replace('id', String(connectionId)));
          first = false;
        },
      },
    });
    const { answer } = await host.session();
    assert.is(answer.fields[field], value);
    const { answer: other } = await host.session();
    assert.is.not(other.fields[field], value);
    const { connectionId } = await host.events.next('acceptConnection');
    // The password may change at any time; it is read when the SSID is sent.
    if (field === 'password') return;
    refusal(() => host.server.config(config.replace('id', String(connectionId))), 10056);
  });
}

test('B-057 B-253 the server’s own values go out where nothing else is set', async () => {
  const host = await TestServer.start();
  const { fields } = (await host.session()).answer;
  assert.is(fields['password'], HUB.password.padEnd(8));
  assert.is(fields['code'], HUB.code.padEnd(25));
  assert.is(fields['sr'], 'B');
});

test('B-257 B-258 B-259 B-270 B-271 B-272 credit and buffer: the client’s in acceptConnection, then the smaller', async () => {
  const read: string[] = [];
  const host = await TestServer.start({
    on: {
      acceptConnection: ({ connectionId }) => {
        read.push(host.server.config(`CreditCount[${connectionId}]`));
        read.push(host.server.config(`ExchangeBufferSize[${connectionId}]`));
      },
      readyToSend: async ({ connection }) => {
        await connection.sendFile({ path: host.outgoing('OUT', sample(2000)) });
      },
    },
  });
  const { peer } = await host.session({ cred: 3, sdeb: 512 });
  const { connectionId, connection } = await host.events.next('acceptConnection');
  assert.equal(read, ['3', '512']);
  assert.is(host.server.config(`CreditCount[${connectionId}]`), '3');
  assert.is(host.server.config(`ExchangeBufferSize[${connectionId}]`), '512');
  assert.equal([connection.negotiated?.credit, connection.negotiated?.bufferSize], [3, 512]);
  peer.send(cd());
  await peer.expect('SFID');
  peer.send(sfpa(5));
  for (let buffer = 0; buffer < 3; buffer++) {
    const { octets } = await peer.expect('DATA');
    assert.ok(octets.length <= 512, `${octets.length} octets`);
  }
  await peer.expectSilence();
});

test('B-257 B-270 B-272 the server’s values are agreed on where the client offers more', async () => {
  const host = await TestServer.start();
  const { answer } = await host.session({ cred: 999, sdeb: 99999 });
  const { connection } = await host.events.next('acceptConnection');
  assert.equal([answer.fields['cred'], answer.fields['sdeb']], ['099', '02048']);
  assert.equal([connection.config('CreditCount'), connection.config('ExchangeBufferSize')], ['99', '2048']);
});

test('B-255 B-292 ConnectionType is the own one, ReceivedConnectionType that of the client', async () => {
  for (const [sr, number] of [
    ['B', '0'],
    ['S', '1'],
    ['R', '2'],
  ] as const) {
    const told: string[] = [];
    const ask = ({ connection }: { connection: { config(name: string): string } }) =>
      void told.push(...['ConnectionType', 'ReceivedConnectionType'].map((name) => connection.config(name)));
    const host = await TestServer.start({ on: { acceptConnection: ask } });
    await host.session({ sr });
    ask(await host.events.next('acceptConnection'));
    assert.equal(told, ['0', number, '0', number]);
  }
});

test('B-088 B-091 a connection that is gone: error 126 by its id, its last facts by the object', async () => {
  const host = await TestServer.start();
  const { peer } = await host.session();
  const { connection, connectionId } = await host.events.next('acceptConnection');
  peer.end();
  await host.events.next('disconnected');
  assert.is(host.server.connections.get(connectionId), undefined);
  refusal(() => host.server.config(`Timeout[${connectionId}]`), 126, String(connectionId));
  assert.is(connection.remoteHost, '127.0.0.1');
  assert.is(connection.remotePort, peer.localPort);
});

test.run();
