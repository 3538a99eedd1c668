/** Folders on file systems of other machines are recognised. */

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { networkFileSystem } from '../../src/store/network-file-system.js';

/** Types from statfs(2). */
const FUSE = 0x65735546;

const MOUNTS = `22 27 0:21 / /proc rw,relatime - proc proc rw
27 0 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
40 27 0:40 / /mnt/remote rw,nosuid,nodev shared:2 master:1 - fuse.sshfs user@hub:/data rw,user_id=0
41 27 0:41 / /mnt/local\\040disk rw - fuse.mergerfs a:b rw
42 40 0:42 / /mnt/remote/disk rw - fuseblk /dev/sdb1 rw
43 27 0:43 / /mnt/twice rw - fuseblk /dev/sdc1 rw
44 43 0:44 / /mnt/twice rw - fuse.rclone bucket: rw
`;

function noMounts(): never {
  throw new Error('only file systems that are programs need the list of mounts');
}

test('types of network file systems', () => {
  const types = { nfs: 0x6969, cifs: 0xff534d42, smb3: 0xfe534d42, smb: 0x517b, '9p': 0x01021997, ceph: 0x00c36400 };
  for (const [name, type] of Object.entries(types)) assert.is(networkFileSystem('/srv', type, noMounts), name);
  assert.is(networkFileSystem('/srv', -11317950, noMounts), 'cifs', 'a type that was taken for a signed number');
});

test('types of file systems of this machine', () => {
  const types = { ext4: 0xef53, xfs: 0x58465342, btrfs: 0x9123683e, zfs: 0x2fc12fc1, tmpfs: 0x01021994, apfs: 0x1a };
  for (const [name, type] of Object.entries(types))
    assert.is(networkFileSystem('/srv', type, noMounts), undefined, name);
});

test('file systems that are programs: the mount that the folder is on says which', () => {
  for (const [folder, name] of [
    ['/mnt/remote', 'fuse.sshfs'],
    ['/mnt/remote/state', 'fuse.sshfs'],
    ['/mnt/remote/disk/state', undefined],
    ['/mnt/remoteness', undefined],
    ['/mnt/local disk/state', undefined],
    ['/mnt/twice', 'fuse.rclone'],
    ['/srv', undefined],
  ] as const) {
    assert.is(
      networkFileSystem(folder, FUSE, () => MOUNTS),
      name,
      folder,
    );
  }
});

test('a Windows share, also behind a drive letter', () => {
  assert.is(networkFileSystem('\\\\server\\share\\state', 0, noMounts), 'a Windows share');
  assert.is(networkFileSystem('\\\\?\\UNC\\server\\share\\state', 0, noMounts), 'a Windows share');
  assert.is(networkFileSystem('\\\\?\\C:\\state', 0, noMounts), undefined);
  assert.is(networkFileSystem('C:\\state', 0, noMounts), undefined);
});

test.run();
