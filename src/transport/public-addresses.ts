/** Which addresses belong to hosts of the public Internet, and not to this machine or the networks around it. */
import { BlockList } from 'node:net';
import { parseAddress } from './access-list.js';

/** What the registries of IANA for special purposes list as not globally reachable, and multicast. */
const NOT_PUBLIC_IPV4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
];

/** Of IPv6 only 2000::/3 is in use for all; tunnels inside it lead to IPv4 addresses of any kind. */
const NOT_PUBLIC_IPV6: readonly (readonly [string, number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];

const notPublic = new BlockList();
for (const [address, prefix] of NOT_PUBLIC_IPV4) notPublic.addSubnet(address, prefix, 'ipv4');
for (const [address, prefix] of NOT_PUBLIC_IPV6) notPublic.addSubnet(address, prefix, 'ipv6');
const global6 = new BlockList();
global6.addSubnet('2000::', 3, 'ipv6');

/** False also for what is no address. An IPv4 address in the form of an IPv6 one counts as what it is. */
export function isPublicAddress(text: string): boolean {
  const address = parseAddress(text);
  if (address === undefined) return false;
  const { family, forms } = address;
  if (family === 'ipv6' && !global6.check(forms[0], family)) return false;
  return !notPublic.check(forms[0], family);
}

export function isLoopbackAddress(text: string): boolean {
  const [plain = ''] = parseAddress(text)?.forms ?? [];
  return plain === '::1' || plain.startsWith('127.');
}
