import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { VERSION } from '../../src/settings/about.js';
import { cleanUp } from '../support/cleanup.js';
import { oftp, stderrOf } from './oftp.js';

test.after.each(cleanUp);

const SESSION_OPTIONS = [
  '--ssid',
  '--sfid',
  '--password-file',
  '--password-env',
  '--password',
  '--server-code',
  '--oftp',
  '--buffer',
  '--credit',
  '--timeout',
  '--state',
  '--verbose',
  'OFTP_PASSWORD',
  'Exit codes: 0',
];

const FILE_SECURITY_OPTIONS = [
  ...['--security', '--compress', '--signed-receipt', '--cipher-suite', '--own-certificate'],
  ...['--own-certificate-password-file', '--recipient-certificate', '--secure-authentication'],
];

const HELP: Readonly<Record<string, readonly string[]>> = {
  '': ['serve', 'send', 'receive', 'check', 'bench', '--version', 'Exit codes: 0'],
  serve: [
    ...['--config', '--data', '--host', '--port', '--ssid', '--sfid', '--log-level', '--log-format', '--grace'],
    ...[
      '--check-config',
      'identity:',
      'listen:',
      'partners:',
      'inbox:',
      'outbox:',
      'passwordFile:',
      'settings:',
      'security:',
    ],
    ...['SIGHUP', 'SIGTERM', 'Exit codes: 0', '26 characters'],
  ],
  send: [
    '--to',
    '--from',
    '--destination',
    '--name',
    '--format',
    '--record-size',
    '--records',
    '--receive',
    '26 characters',
    ...FILE_SECURITY_OPTIONS,
    ...SESSION_OPTIONS,
  ],
  receive: [
    '--from',
    '--into',
    '--name-format',
    '--records',
    '--own-certificate',
    '--recipient-certificate',
    ...SESSION_OPTIONS,
  ],
  check: ['<host:port>', ...SESSION_OPTIONS],
  bench: [
    ...[
      '<host:port>',
      '--sessions',
      '--duration',
      '--warm-up',
      '--concurrency',
      '--stations',
      '--rate',
      '--files',
      '--size',
      '--file',
      '--json',
    ],
    '--no-receipts',
    ...FILE_SECURITY_OPTIONS,
    ...SESSION_OPTIONS,
  ],
};

for (const [command, words] of Object.entries(HELP)) {
  test(`oftp ${command} --help names everything there is, on standard output, and exits with 0`, async () => {
    const { code, stdout } = await oftp([command, '--help'].filter((word) => word !== ''));
    assert.is(code, 0);
    for (const word of words) assert.ok(stdout.includes(word), `${word} is missing in:\n${stdout}`);
  });
}

test('oftp --version prints the version of the package', async () => {
  const { code, stdout } = await oftp(['--version']);
  assert.is(code, 0);
  assert.is(stdout, `${VERSION}\n`);
});

const WRONG: readonly (readonly [what: string, args: readonly string[], words: RegExp])[] = [
  ['no command', [], /Usage: oftp/],
  ['an unknown command', ['sned'], /unknown command 'sned'/],
  ['an unknown option', ['serve', '--prot', '1'], /unknown option '--prot'/],
  ['a port that is none', ['serve', '--port', '65536'], /'65536' is not a whole number from 0 to 65535/],
  ['a code that is too long', ['serve', '--ssid', 'O'.repeat(26)], /26 characters: a code has at most 25/],
  ['a log level that is none', ['serve', '--log-level', 'loud'], /Allowed choices are silent, error, warn/],
  ['--data beside --config', ['serve', '--config', 'a', '--data', 'b'], /'--data <dir>' cannot be used with/],
  ['send without an address', ['send', 'a', '--from', 'A'], /'--to <host:port>' not specified/],
  ['send without an own code', ['send', 'a', '--to', 'h'], /'--from, --ssid <code>' not specified/],
  ['send of a file that is not there', ['send', 'no-such', '--to', 'h', '--from', 'A'], /no-such cannot be sent, so/],
  ['send of a folder', ['send', '.', '--to', 'h', '--from', 'A'], /it is not a regular file/],
  ['one name for two files', ['send', 'a', 'b', '--name', 'X', '--to', 'h', '--from', 'A'], /--name is for a single/],
  ['a virtual name too long', ['send', 'a', '--name', 'X'.repeat(27), '--to', 'h', '--from', 'A'], /1 to 26 printable/],
  ['an address that is none', ['check', 'h:0', '--ssid', 'A'], /'h:0' is no address/],
  ['a version that is none', ['check', 'h', '--ssid', 'A', '--oftp', '3'], /'3' is not a version: use 1.2, 1.3, 1.4/],
  ['a size that is none', ['bench', 'h', '--ssid', 'A', '--size', '1X'], /'1X' is not a number of octets/],
  ['a size beside a file', ['bench', 'h', '--ssid', 'A', '--size', '1', '--file', 'a'], /cannot be used with/],
  ['no room for numbers', ['bench', 'h', '--ssid', 'O'.repeat(25), '--stations', '2'], /leaves no room for 2 numbers/],
  ['two passwords', ['check', 'h', '--ssid', 'A', '--password', 'X', '--password-env', 'Y'], /cannot be used with/],
  ['a variable that is not set', ['check', 'h', '--ssid', 'A', '--password-env', 'NOT_SET_'], /NOT_SET_ with the pas/],
  ['a template that is none', ['receive', '--from', 'h', '--into', 'd', '--ssid', 'A', '--name-format', '%X%'], /%X%/],
];

for (const [what, args, words] of WRONG) {
  test(`${what}: exit code 2, and the problem on standard error`, async () => {
    const result = await oftp(args);
    assert.is(result.code, 2, result.output);
    assert.match(stderrOf(result), words);
  });
}

test('a password on the command line that is too long is not repeated', async () => {
  const result = await oftp(['check', 'h', '--ssid', 'A', '--password', 'TOOLONG-SECRET']);
  assert.is(result.code, 2);
  assert.match(result.output, /--password is a password of 14 characters: ODETTE-FTP has at most 8/);
  assert.not.match(result.output, /SECRET/);
});

test.run();
