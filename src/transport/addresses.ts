import { isIP } from 'node:net';
import { OFTPError, systemError } from '../settings/errors.js';

/** Setting UseIPv6: one of the IP versions alone, or both, which is IPv4 alone where there is no IPv6. */
export type UseIPv6 = 'ipv4' | 'ipv6' | 'both';

/** One way to bind a listener. */
export interface Binding {
  readonly host: string;
  readonly ipv6Only: boolean;
}

/** How to bind to all interfaces; the next one is for systems without IPv6. */
const ANY: Readonly<Record<UseIPv6, readonly Binding[]>> = {
  ipv4: [{ host: '0.0.0.0', ipv6Only: false }],
  ipv6: [{ host: '::', ipv6Only: true }],
  both: [
    { host: '::', ipv6Only: false },
    { host: '0.0.0.0', ipv6Only: false },
  ],
};

const FAMILY: Readonly<Record<UseIPv6, 0 | 4 | 6>> = { ipv4: 4, ipv6: 6, both: 0 };

/** `dns.promises.lookup`, as far as it is needed. */
export type LookupOne = (
  host: string,
  options: { readonly family: 0 | 4 | 6 },
) => Promise<{ readonly address: string }>;

/**
 * The bindings to try, in this order, for the settings LocalHost and UseIPv6.
 *
 * @param localHost address or name of one interface, or an empty string for all of them
 * @throws OFTPError 10047 for an address of the family that UseIPv6 excludes, 11001–11004 for a name that does not
 *   resolve
 */
export async function bindings(localHost: string, useIpv6: UseIPv6, lookup: LookupOne): Promise<readonly Binding[]> {
  if (localHost === '') return ANY[useIpv6];
  const family = FAMILY[useIpv6];
  const version = isIP(localHost);
  if (version !== 0 && family !== 0 && version !== family) {
    const problem = `LocalHost ${localHost} is an IPv${version} address, but UseIPv6 is '${useIpv6}'`;
    throw new OFTPError(10047, `${problem}: set UseIPv6 to 'ipv${version}' or 'both'`);
  }
  if (version !== 0) return [{ host: localHost, ipv6Only: false }];
  try {
    const { address } = await lookup(localHost, { family });
    return [{ host: address, ipv6Only: false }];
  } catch (error) {
    throw systemError(error as NodeJS.ErrnoException, `looking up LocalHost ${localHost}`);
  }
}

/** Whether an attempt to bind failed because the system has no IPv6. */
export function lacksIPv6({ code }: NodeJS.ErrnoException): boolean {
  return code === 'EAFNOSUPPORT' || code === 'EADDRNOTAVAIL';
}

const IPV4_MAPPED = '::ffff:';

/** An IPv4 address that a socket for both families shows as an IPv6 one, in its own form; others unchanged. */
export function plainAddress(address: string): string {
  const end = address.slice(IPV4_MAPPED.length);
  return address.toLowerCase().startsWith(IPV4_MAPPED) && isIP(end) === 4 ? end : address;
}
