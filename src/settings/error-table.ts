/**
 * Every error number of the product: the numbers of the reference component, with names and meanings of our own. Data
 * only.
 */

type Texts = Readonly<Record<number, readonly [name: string, meaning: string]>>;

const OFTP_ERRORS = {
  671: ['PROTOCOL', 'The peer broke the protocol, or a call came at a moment when the protocol forbids it.'],
  672: ['SSID_CODE_MISSING', 'serverSsidCode must be set before the server listens.'],
  673: ['SFID_CODE_MISSING', 'serverSfidCode must be set before the server listens.'],
  675: ['CODE_UNKNOWN_TO_PEER', 'The peer ended the session because it does not know our SSID or SFID code (ESID 03).'],
  677: ['PASSWORD_REFUSED_BY_PEER', 'The peer ended the session because it does not accept our password (ESID 04).'],
  678: ['COMMAND_NOT_BUILT', 'A command could not be built: a value does not fit into its field.'],
  679: ['FILE_NOT_READ', 'The file to send could not be read.'],
  680: ['STAMP_INVALID', 'The date and time of a virtual file is not valid, or is in none of the known formats.'],
  681: ['FILE_EXISTS', 'The local file exists already and overwriting was not allowed.'],
  682: ['HASH_MISMATCH', 'The hash in an end response differs from that of the file sent.'],
  683: ['SIGNATURE_INVALID', 'A signature is missing or does not verify.'],
  684: ['CRYPTO_FAILED', 'Encrypting, decrypting, signing, compressing or decompressing failed.'],
  685: ['ENCRYPTION_CERTIFICATE_MISSING', 'Encryption was asked for, but there is no certificate of the recipient.'],
  686: ['SIGNING_CERTIFICATE_MISSING', 'Signing was asked for, but there is no own certificate with its private key.'],
  687: ['SEND_FAILED', 'A file was not sent; reasonCode, reasonText and retry say what the peer answered.'],
  688: ['VERSION_TOO_LOW', 'The feature exists in OFTP 2.0 only and the session runs an older version.'],
  689: ['CERTIFICATE_MISSING', 'A certificate that is needed was not given; the message names the property.'],
  690: ['CERTIFICATE_INVALID', 'A certificate could not be loaded, is not valid, or is not trusted.'],
  691: ['TRUST_IMPORT_FAILED', 'The list of trusted certificates could not be imported.'],
} as const satisfies Texts;

const SERVER_ERRORS = {
  100: ['REMOTE_PORT_FIXED', 'The remote port cannot change while connected.'],
  101: ['REMOTE_HOST_FIXED', 'The remote host cannot change while connected.'],
  102: ['REMOTE_HOST_INVALID', 'The address 0.0.0.0 cannot be connected to.'],
  104: ['LISTENING', 'The server listens already; stop it first.'],
  106: ['LOCAL_PORT_FIXED', 'localPort cannot change while the server listens.'],
  107: ['LOCAL_HOST_FIXED', 'localHost cannot change while the server listens.'],
  108: ['MAX_CONNECTIONS_FIXED', 'maxConnections cannot change while the server listens.'],
  112: ['MAX_LINE_LENGTH_FIXED', 'The longest line cannot change while connected.'],
  116: ['REMOTE_PORT_INVALID', 'Port 0 cannot be connected to.'],
  126: ['CONNECTION_UNKNOWN', 'There is no connection with this id (any more).'],
  135: ['WOULD_BLOCK', 'The operation would block.'],
} as const satisfies Texts;

/** Named as in `error.code` of Node.js, or as in the Windows socket library where POSIX has no such error. */
const SYSTEM_ERRORS = {
  10004: ['EINTR', 'A system call was interrupted.'],
  10009: ['EBADF', 'A descriptor is not open.'],
  10013: ['EACCES', 'Access denied.'],
  10014: ['EFAULT', 'Bad address in memory.'],
  10022: ['EINVAL', 'A value, a name or a call is not valid; the message says which and what is.'],
  10024: ['EMFILE', 'Too many open files and sockets; raise the limit of the process.'],
  10035: ['EWOULDBLOCK', 'The operation would block.'],
  10036: ['EINPROGRESS', 'The operation is under way.'],
  10037: ['EALREADY', 'The operation was started before and is under way.'],
  10038: ['ENOTSOCK', 'The descriptor is not a socket.'],
  10039: ['EDESTADDRREQ', 'A destination address is needed.'],
  10040: ['EMSGSIZE', 'The message is too long.'],
  10041: ['EPROTOTYPE', 'The protocol does not go with the type of socket.'],
  10042: ['ENOPROTOOPT', 'The protocol has no such option.'],
  10043: ['EPROTONOSUPPORT', 'The protocol is not supported.'],
  10044: ['ESOCKTNOSUPPORT', 'The type of socket is not supported.'],
  10045: ['EOPNOTSUPP', 'The operation is not supported here.'],
  10046: ['EPFNOSUPPORT', 'The protocol family is not supported.'],
  10047: ['EAFNOSUPPORT', 'The address family is not supported; IPv6 may be switched off.'],
  10048: ['EADDRINUSE', 'The address and port are in use.'],
  10049: ['EADDRNOTAVAIL', 'The address is not one of this machine.'],
  10050: ['ENETDOWN', 'The network is down.'],
  10051: ['ENETUNREACH', 'The network cannot be reached.'],
  10052: ['ENETRESET', 'The network dropped the connection.'],
  10053: ['ECONNABORTED', 'The connection was aborted on this side.'],
  10054: ['ECONNRESET', 'The peer reset the connection.'],
  10055: ['ENOBUFS', 'The system has no memory left for buffers.'],
  10056: ['EISCONN', 'The connection, or the session on it, is established already.'],
  10057: ['ENOTCONN', 'There is no connection.'],
  10058: ['ESHUTDOWN', 'The connection was closed for sending.'],
  10059: ['ETOOMANYREFS', 'Too many references.'],
  10060: ['ETIMEDOUT', 'The peer did not answer in time.'],
  10061: ['ECONNREFUSED', 'Nobody listens at the address and port.'],
  10062: ['ELOOP', 'Symbolic links lead in a circle.'],
  10063: ['ENAMETOOLONG', 'The file name or path is too long.'],
  10064: ['EHOSTDOWN', 'The host is down.'],
  10065: ['EHOSTUNREACH', 'There is no route to the host.'],
  10066: ['ENOTEMPTY', 'The folder is not empty.'],
  10067: ['EPROCLIM', 'Too many processes.'],
  10068: ['EUSERS', 'Too many users.'],
  10069: ['EDQUOT', 'No room for the file: the disc, the quota or the size limit is exhausted.'],
  10070: ['ESTALE', 'A file on a network file system is gone.'],
  10071: ['EREMOTE', 'Too many levels of remote folders in the path.'],
  10091: ['WSASYSNOTREADY', 'The network subsystem is not available.'],
  10092: ['WSAVERNOTSUPPORTED', 'The version of the socket library is not supported.'],
  10093: ['WSANOTINITIALISED', 'The socket library was not started.'],
  11001: ['ENOTFOUND', 'The host name does not exist.'],
  11002: ['EAI_AGAIN', 'The host name could not be looked up now; try again.'],
  11003: ['EAI_FAIL', 'The name server refused or failed for good.'],
  11004: ['ENODATA', 'The host name exists, but has no address.'],
} as const satisfies Texts;

const TEXTS = { ...OFTP_ERRORS, ...SERVER_ERRORS, ...SYSTEM_ERRORS } as const;

/** The number of an `OFTPError`. */
export type ErrorCode = keyof typeof TEXTS;

/** Numbers that keep their place, so that they never get another meaning, although this version raises none of them. */
const NEVER_RAISED: ReadonlySet<ErrorCode> = new Set<ErrorCode>([100, 101, 102, 112, 116, 135, 10091, 10092, 10093]);

/** Names of system errors that have no number of their own in the reference, and the number of their nearest kin. */
const KIN = {
  EPERM: 10013,
  EROFS: 10013,
  ENFILE: 10024,
  EAGAIN: 10035,
  ENOTSUP: 10045,
  ENOMEM: 10055,
  EPIPE: 10058,
  ENOSPC: 10069,
  EFBIG: 10069,
  EAI_NONAME: 11001,
  ESERVFAIL: 11002,
  ETIMEOUT: 11002,
  EFORMERR: 11003,
  EREFUSED: 11003,
  ENOTIMP: 11003,
  EAI_NODATA: 11004,
} as const satisfies Readonly<Record<string, ErrorCode>>;

/** One row of the table of errors. */
export interface ErrorDescription {
  readonly code: ErrorCode;
  /** Stable name in capitals; for system errors the name that the system uses. */
  readonly name: string;
  readonly meaning: string;
  /** Whether this version of the product raises it. */
  readonly raised: boolean;
}

/** All errors in ascending order of their numbers. */
export const ERRORS: ReadonlyMap<number, ErrorDescription> = new Map(
  Object.entries<readonly [string, string]>(TEXTS).map(([key, [name, meaning]]) => {
    const code = Number(key) as ErrorCode;
    return [code, { code, name, meaning, raised: !NEVER_RAISED.has(code) }];
  }),
);

/** The number for a name in `error.code` of Node.js. */
export const CODE_OF_ERRNO: ReadonlyMap<string, ErrorCode> = new Map([
  ...Object.entries<readonly [string, string]>(SYSTEM_ERRORS).map(
    ([key, [name]]) => [name, Number(key) as ErrorCode] as const,
  ),
  ...Object.entries<ErrorCode>(KIN),
]);
