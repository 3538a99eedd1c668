/**
 * Profiles a server under the load of `oftp bench` with clinic, which npx fetches.
 *
 *     npm run profile -- [flame|doctor] [options of oftp bench]
 *
 * The report is a page in the folder `profiles`. Default: flame, and files of 64 KiB over 50 sessions at a time.
 */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { scratchFolder } from './support/folder.js';

const CLINIC = 'clinic@13';
const TOOLS = ['flame', 'doctor'];
const LOAD = ['--sessions', '1000', '--concurrency', '50', '--files', '5', '--size', '64K'];

const built = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** A port that nobody has at the moment. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const [first = 'flame', ...rest] = process.argv.slice(2);
const tool = TOOLS.includes(first) ? first : 'flame';
const options = TOOLS.includes(first) ? rest : process.argv.slice(2);
const load = options.length === 0 ? LOAD : options;
const port = await freePort();
const inbox = scratchFolder(undefined, 'oftp-profile-');
// clinic runs this in a shell at the first sign of a port, and ends the server behind it.
const onPort = [process.execPath, built('../src/cli/main.js'), 'bench', `127.0.0.1:${port}`, '--ssid', 'O0013PROFILE'];
const server = [process.execPath, built('./support/profiled-server.js'), inbox, String(port)];
const args = [
  '--yes',
  CLINIC,
  tool,
  '--dest',
  'profiles',
  '--on-port',
  [...onPort, ...load].join(' '),
  '--',
  ...server,
];
const { status, error } = spawnSync('npx', args, {
  stdio: 'inherit',
  // It would ask whether it may send statistics, and end at once where nobody can answer.
  env: { ...process.env, NO_INSIGHT: '1' },
});
if (error !== undefined) console.error(`npx could not be started: ${error.message}`);
process.exitCode = status ?? 1;
