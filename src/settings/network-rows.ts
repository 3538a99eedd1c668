/** Settings: the listener, TCP connections and their time limits. */
import { HOST, LINE, type Setting, TIMER_MAX_SECONDS } from './row.js';

/** What the rows of both socket buffers have in common. */
const SOCKET_BUFFER = {
  type: 'integer',
  default: 0,
  min: 0,
  max: 1_073_741_824,
  unit: 'octets',
  scope: 'server',
  changes: 'newConnections',
} as const;

export const NETWORK_ROWS = {
  localHost: {
    config: 'LocalHost',
    type: 'string',
    default: '',
    text: HOST,
    scope: 'server',
    changes: 'notListening',
    frozenCode: 107,
    effect:
      'Interface to listen on, as a name or IP address; blank means all. While listening it gives the bound address.',
    danger: 'Blank makes the server reachable through every network of the machine.',
  },
  localPort: {
    config: 'LocalPort',
    type: 'integer',
    default: 3305,
    min: 0,
    max: 65_535,
    unit: 'TCP port',
    scope: 'server',
    changes: 'notListening',
    frozenCode: 106,
    effect:
      'Port to listen on; 0 lets the system choose, and while listening the property gives the port it chose. The ' +
      'registered ports are 3305 for plain TCP and 6619 for TLS; switching TLS on does not change it.',
  },
  connectionBacklog: {
    config: 'ConnectionBacklog',
    type: 'integer',
    default: 5,
    min: 1,
    max: 65_535,
    unit: 'connections',
    scope: 'server',
    changes: 'notListening',
    frozenCode: 104,
    effect:
      'How many connections the system may hold that the server has not accepted yet. Raise it where many partners ' +
      'connect at the same minute; `oftp serve` does so by itself (511).',
    danger:
      'Beyond that the system loses connections that clients take for open: they hear nothing, and wait until their ' +
      'time is up.',
    platform: 'The system cuts it to its own limit (net.core.somaxconn on Linux) without a word.',
  },
  bindExclusively: {
    config: 'BindExclusively',
    type: 'boolean',
    default: true,
    scope: 'server',
    changes: 'notListening',
    frozenCode: 104,
    effect:
      'true keeps the port for this server alone; false lets other processes of the same user listen on it as well, ' +
      'and the system shares the clients out among them.',
    danger: 'Servers that share a port must not share a StatePath.',
    platform: 'false takes Linux and Node.js 22.12 or 23.1; elsewhere the port stays exclusive.',
  },
  useIpv6: {
    config: 'UseIPv6',
    type: 'choice',
    default: 'ipv4',
    choices: { ipv4: 0, ipv6: 1, both: 2 },
    scope: 'server',
    changes: 'notListening',
    frozenCode: 104,
    effect: 'Which IP versions the listener serves. With "both" a machine without IPv6 falls back to IPv4.',
  },
  allowedClients: {
    config: 'AllowedClients',
    type: 'string',
    default: '*',
    text: LINE,
    scope: 'server',
    changes: 'always',
    effect:
      'Comma-separated host names and IP addresses that may connect; "*" stands for any characters. For any other ' +
      'client connectionRequest starts with accept = false, and without a handler that changes it the client is ' +
      'dropped.',
    danger: 'The default lets every address try to log on; SSID code and password are the only hurdle then.',
  },
  blockedClients: {
    config: 'BlockedClients',
    type: 'string',
    default: '',
    text: LINE,
    scope: 'server',
    changes: 'always',
    effect:
      'Comma-separated host names and IP addresses that may not connect, written as in AllowedClients. For them ' +
      'connectionRequest starts with accept = false, also where AllowedClients names them.',
  },
  maxConnections: {
    config: 'MaxConnections',
    type: 'integer',
    default: 1000,
    min: 1,
    max: 100_000,
    unit: 'connections',
    scope: 'server',
    changes: 'notListening',
    frozenCode: 108,
    effect: 'Connections at the same time. A client too many is told so by ESID 08 and may come back later.',
    danger: 'A large value lets strangers occupy memory and descriptors; a small one turns partners away.',
    platform: 'The limit of open files of the process (ulimit -n) holds as well: beyond it accepting fails with 10024.',
  },
  maxReadTime: {
    config: 'MaxReadTime',
    type: 'integer',
    default: 50,
    min: 0,
    max: 60_000,
    unit: 'ms',
    scope: 'server',
    changes: 'always',
    effect:
      'Time in one turn of the event loop after which a connection with more to read waits until the others had ' +
      'theirs; 0 means no limit.',
    danger: 'With 0 one fast sender can starve all other connections.',
  },
  tcpNoDelay: {
    config: 'TcpNoDelay',
    type: 'boolean',
    default: true,
    scope: 'server',
    changes: 'newConnections',
    effect:
      'true sends small commands at once; false lets the system gather them (the Nagle algorithm). The reference has ' +
      'false here: in a dialogue of small files, with a peer that delays its acknowledgements, that was measured to ' +
      'cost ' +
      'some 40 ms a file (22 instead of 660 files of 4 KiB a second).',
  },
  inBufferSize: {
    config: 'InBufferSize',
    ...SOCKET_BUFFER,
    effect:
      'Size of the receive buffer of sockets (SO_RCVBUF); 0 leaves it to the system, which makes it fit the line.',
    platform: 'Node.js cannot set it for TCP: the value reads as 0 while the server listens.',
  },
  outBufferSize: {
    config: 'OutBufferSize',
    ...SOCKET_BUFFER,
    effect: 'Size of the send buffer of sockets (SO_SNDBUF); 0 leaves it to the system, which makes it fit the line.',
    platform: 'Node.js cannot set it for TCP: the value reads as 0 while the server listens.',
  },
  keepAlive: {
    config: 'KeepAlive',
    type: 'boolean',
    default: false,
    scope: 'server',
    changes: 'newConnections',
    effect:
      'Lets the system probe silent connections (SO_KEEPALIVE), so that firewalls keep them open and dead peers are ' +
      'noticed.',
  },
  keepAliveTime: {
    config: 'KeepAliveTime',
    type: 'integer',
    default: 7_200_000,
    min: 1000,
    // The largest TCP_KEEPIDLE that Linux takes is 32767 s.
    max: 32_767_000,
    unit: 'ms',
    scope: 'server',
    changes: 'newConnections',
    effect: 'Silence before the first probe, where KeepAlive is on.',
    platform: 'Only whole seconds count: 5500 is 5 s.',
  },
  keepAliveInterval: {
    config: 'KeepAliveInterval',
    type: 'integer',
    default: 1000,
    min: 1000,
    max: 32_767_000,
    unit: 'ms',
    scope: 'server',
    changes: 'newConnections',
    effect: 'Time between probes that are not answered, where KeepAlive is on.',
    platform: 'Only whole seconds count. Node.js before version 24 has one second, whatever is set.',
  },
  keepAliveRetryCount: {
    config: 'KeepAliveRetryCount',
    type: 'integer',
    default: 9,
    min: 1,
    // The largest TCP_KEEPCNT that Linux takes.
    max: 127,
    unit: 'probes',
    scope: 'server',
    changes: 'newConnections',
    implies: { setting: 'keepAlive', value: true },
    effect: 'Probes without an answer after which a connection counts as dead. Setting it switches KeepAlive on.',
    platform: 'Node.js before version 24 sends 10, whatever is set.',
  },
  linger: {
    config: 'Linger',
    type: 'boolean',
    default: true,
    scope: 'server',
    changes: 'newConnections',
    effect: 'true closes a connection after what was written has been sent; false resets it at once.',
    danger: 'With false the last command, an ESID or an end response, may never reach the peer.',
  },
  timeout: {
    config: 'Timeout',
    onServer: { property: 'defaultTimeout', config: 'DefaultTimeout' },
    type: 'integer',
    default: 60,
    min: 0,
    max: TIMER_MAX_SECONDS,
    unit: 's',
    scope: 'connection',
    changes: 'newConnections',
    effect:
      'Time without any octet in either direction after which a wait for the peer, or for a handler of a decision, ' +
      'is ' +
      'given up; 0 means never. A connection starts with the value that the server has then.',
    danger: 'With 0 clients that vanish without a word keep their places until the server stops.',
  },
  idleTimeout: {
    config: 'IdleTimeout',
    onServer: { property: 'defaultIdleTimeout', config: 'DefaultIdleTimeout' },
    type: 'integer',
    default: 0,
    min: 0,
    max: TIMER_MAX_SECONDS,
    unit: 's',
    scope: 'connection',
    changes: 'newConnections',
    effect:
      'Time without any octet in either direction after which a client is disconnected; 0 means never. A connection ' +
      'starts with the value that the server has then.',
  },
  useIocp: {
    config: 'UseIOCP',
    type: 'boolean',
    default: false,
    scope: 'server',
    changes: 'notListening',
    frozenCode: 104,
    implies: { when: true, setting: 'useWindowsMessages', value: false },
    effect: 'Input and output by completion ports of Windows. Setting it to true sets UseWindowsMessages to false.',
    platform: 'Node.js chooses by itself: completion ports on Windows, epoll or kqueue elsewhere.',
  },
  useWindowsMessages: {
    config: 'UseWindowsMessages',
    type: 'boolean',
    default: true,
    scope: 'server',
    changes: 'notListening',
    frozenCode: 104,
    effect: 'Input and output by window messages of Windows.',
    platform: 'Node.js never does; the value is kept for programs that read it back.',
  },
} as const satisfies Readonly<Record<string, Setting>>;
