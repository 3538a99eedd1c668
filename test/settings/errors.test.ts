import { inspect } from 'node:util';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ERRORS } from '../../src/settings/error-table.js';
import { describeError, OFTPError, systemError } from '../../src/settings/errors.js';

/** The numbers of the reference's three lists of errors. */
const NUMBERS = [
  ...[100, 101, 102, 104, 106, 107, 108, 112, 116, 126, 135],
  ...[671, 672, 673, 675, 677, 678, 679, 680, 681, 682, 683, 684, 685, 686, 687, 688, 689, 690, 691],
  ...[10004, 10009, 10013, 10014, 10022, 10024],
  ...Array.from({ length: 37 }, (_, index) => 10035 + index),
  ...[10091, 10092, 10093, 11001, 11002, 11003, 11004],
];

/** Names of Node.js and the numbers that the reference has for them. */
const SYSTEM: Readonly<Record<string, number>> = {
  EINTR: 10004,
  EBADF: 10009,
  EACCES: 10013,
  EFAULT: 10014,
  EINVAL: 10022,
  EMFILE: 10024,
  EWOULDBLOCK: 10035,
  EAGAIN: 10035,
  EINPROGRESS: 10036,
  EALREADY: 10037,
  ENOTSOCK: 10038,
  EDESTADDRREQ: 10039,
  EMSGSIZE: 10040,
  EPROTOTYPE: 10041,
  ENOPROTOOPT: 10042,
  EPROTONOSUPPORT: 10043,
  ESOCKTNOSUPPORT: 10044,
  EOPNOTSUPP: 10045,
  EPFNOSUPPORT: 10046,
  EAFNOSUPPORT: 10047,
  EADDRINUSE: 10048,
  EADDRNOTAVAIL: 10049,
  ENETDOWN: 10050,
  ENETUNREACH: 10051,
  ENETRESET: 10052,
  ECONNABORTED: 10053,
  ECONNRESET: 10054,
  ENOBUFS: 10055,
  EISCONN: 10056,
  ENOTCONN: 10057,
  EPIPE: 10058,
  ESHUTDOWN: 10058,
  ETOOMANYREFS: 10059,
  ETIMEDOUT: 10060,
  ECONNREFUSED: 10061,
  ELOOP: 10062,
  ENAMETOOLONG: 10063,
  EHOSTDOWN: 10064,
  EHOSTUNREACH: 10065,
  ENOTEMPTY: 10066,
  EPROCLIM: 10067,
  EUSERS: 10068,
  EDQUOT: 10069,
  ESTALE: 10070,
  EREMOTE: 10071,
  ENOTFOUND: 11001,
  EAI_AGAIN: 11002,
  EAI_FAIL: 11003,
  ENODATA: 11004,
};

function errno(code: string, message = `${code}: it failed`): NodeJS.ErrnoException {
  return Object.assign(new Error(message), { code, errno: -1, syscall: 'listen' });
}

// covers: error 100, error 101, error 102, error 112, error 116, error 135
test('the table holds every number of the reference, each with a name and a meaning', () => {
  assert.equal([...ERRORS.keys()], NUMBERS);
  for (const { code, name, meaning } of ERRORS.values()) {
    assert.match(name, /^[A-Z][A-Z_]+$/, `name of ${code}`);
    assert.match(meaning, /^[A-Za-z0-9].+\.$/, `meaning of ${code}`);
  }
  const names = [...ERRORS.values()].map((row) => row.name);
  assert.is(new Set(names).size, names.length, 'names are unique');
});

test('describeError: a row for a known number, undefined for another', () => {
  assert.is(describeError(10048)?.name, 'EADDRINUSE');
  assert.is(describeError(10048)?.raised, true);
  assert.is(describeError(112)?.raised, false, 'MaxLineLength does not exist here');
  assert.is(describeError(674), undefined);
  assert.is(describeError(Number.NaN), undefined);
});

test('B-410: each system error gets its number, and keeps the original in cause', () => {
  for (const [name, code] of Object.entries(SYSTEM)) {
    const original = errno(name);
    const error = systemError(original);
    assert.is(error.code, code, name);
    assert.is(error.cause, original);
    assert.is(error.message, original.message);
  }
});

test('systemError: kin of a numbered error share its number', () => {
  assert.is(systemError(errno('EPERM')).code, 10013);
  assert.is(systemError(errno('ENFILE')).code, 10024);
  assert.is(systemError(errno('ENOSPC')).code, 10069);
  assert.is(systemError(errno('ENOTSUP')).code, 10045);
});

test('systemError: a name without a number, or no name at all, is 10022', () => {
  assert.is(systemError(errno('ENOENT')).code, 10022);
  assert.is(systemError(errno('ERR_SOCKET_BAD_PORT')).code, 10022);
  assert.is(systemError(new Error('plain')).code, 10022);
  assert.is(systemError(errno('constructor')).code, 10022);
});

test('systemError: the context goes before the message, details are kept', () => {
  const error = systemError(errno('EADDRINUSE', 'listen EADDRINUSE'), 'listening on 127.0.0.1:3305', {
    connectionId: 7,
  });
  assert.is(error.message, 'listening on 127.0.0.1:3305: listen EADDRINUSE');
  assert.is(error.connectionId, 7);
});

test('systemError: several failed attempts at a connection have no message of their own, so the name stands in', () => {
  const attempts = Object.assign(new AggregateError([errno('ECONNREFUSED')]), { code: 'ECONNREFUSED' });
  const error = systemError(attempts, 'connecting to hub:3305');
  assert.is(error.code, 10061);
  assert.is(error.message, 'connecting to hub:3305: ECONNREFUSED');
  assert.is(systemError(new Error('')).message, 'unknown system error');
});

test('OFTPError is an Error with name, code and exactly the details given', () => {
  const cause = new Error('underneath');
  const error = new OFTPError(687, 'not sent', {
    reasonCode: 6,
    retry: true,
    reasonText: 'too big',
    connectionId: 3,
    cause,
  });
  assert.instance(error, Error);
  assert.instance(error, OFTPError);
  assert.is(error.name, 'OFTPError');
  assert.is(String(error), 'OFTPError: not sent');
  assert.ok(error.stack?.startsWith('OFTPError: not sent\n'));
  assert.equal({ ...error }, { code: 687, reasonCode: 6, retry: true, reasonText: 'too big', connectionId: 3 });
  assert.is(error.cause, cause);
});

test('OFTPError without details has neither their fields nor a cause', () => {
  const error = new OFTPError(126, 'gone');
  assert.equal(Object.keys(error), ['code']);
  assert.not('cause' in error);
  assert.not.match(inspect(error), 'undefined');
});

test.run();
