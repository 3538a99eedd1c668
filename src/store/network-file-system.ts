/**
 * File systems on which locks and syncs do not mean what they mean on a disk of this machine. A database there may be
 * owned by two, and may lose what it has confirmed.
 */

/** By the type that Linux gives in `statfs`. */
const NETWORK_TYPES: ReadonlyMap<number, string> = new Map([
  [0x0000_517b, 'smb'],
  [0x0000_564c, 'ncp'],
  [0x0000_6969, 'nfs'],
  [0x00c3_6400, 'ceph'],
  [0x0102_1997, '9p'],
  [0x0116_1970, 'gfs2'],
  [0x0bd0_0bd0, 'lustre'],
  [0x1983_0326, 'beegfs'],
  [0x4750_4653, 'gpfs'],
  [0x5346_414f, 'afs'],
  [0x6b41_4653, 'afs'],
  [0x7375_7245, 'coda'],
  [0x7461_636f, 'ocfs2'],
  [0x786f_4256, 'vboxsf'],
  [0x7c7c_6673, 'prl_fs'],
  [0xaad7_aaea, 'panfs'],
  [0xbacb_acbc, 'vmhgfs'],
  [0xfe53_4d42, 'smb3'],
  [0xff53_4d42, 'cifs'],
]);

const WINDOWS_SHARE = /^\\\\(?:[^?.]|\?\\UNC\\)/;

/** File systems that are programs. Which program it is, only the list of mounts says. */
const FUSE = 0x6573_5546;

const NETWORK_PROGRAMS = new Set(
  (
    'sshfs s3fs s3backer rclone gcsfuse goofys blobfuse blobfuse2 glusterfs ceph ceph-fuse juicefs mfs moosefs ' +
    'lizardfs seaweedfs weed curlftpfs davfs davfs2 smbnetfs gvfsd-fuse mount.nfs nfs afs hdfs orangefs beegfs'
  )
    .split(' ')
    .map((name) => `fuse.${name}`),
);

/**
 * The name of the network file system that a folder is on, if it is on one. On macOS there is no way to know.
 * @param folder its real path
 * @param type what `statfs` says of it
 * @param mounts the text of /proc/self/mountinfo, needed for file systems that are programs
 */
export function networkFileSystem(folder: string, type: number, mounts: () => string): string | undefined {
  // The real path of a drive letter that stands for a share is that of the share.
  if (WINDOWS_SHARE.test(folder)) return 'a Windows share';
  const unsigned = type >>> 0;
  if (unsigned !== FUSE) return NETWORK_TYPES.get(unsigned);
  const program = mountTypeOf(folder, mounts());
  return program !== undefined && NETWORK_PROGRAMS.has(program) ? program : undefined;
}

/** The type of the mount that a path is on: that with the longest mount point, and of equal ones the last. */
function mountTypeOf(path: string, mounts: string): string | undefined {
  let found = { point: '', type: undefined as string | undefined };
  for (const line of mounts.split('\n')) {
    // ID, parent, device, root, mount point, options, optional fields, "-", type, source, more options (proc(5)).
    const point = line
      .split(' ')[4]
      ?.replace(/\\([0-7]{3})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 8)));
    const type = / - (\S+) /.exec(line)?.[1];
    if (point === undefined || point.length < found.point.length) continue;
    if (path === point || path.startsWith(point.endsWith('/') ? point : `${point}/`)) found = { point, type };
  }
  return found.type;
}
