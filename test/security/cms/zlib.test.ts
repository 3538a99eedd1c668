/** CompressedData against another zlib (pako) and another ASN.1 (asn1js), in both directions: RFC 3274. */
import { randomBytes } from 'node:crypto';
import { Constructed, fromBER, Integer, ObjectIdentifier, OctetString, Sequence } from 'asn1js';
import { Deflate, inflate } from 'pako';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compress, decompress } from '../../../src/security/cms/compressed.js';
import { collect, streamOf } from '../../../src/security/octets.js';
import { text } from '../support.js';

const OID_COMPRESSED_DATA = '1.2.840.113549.1.9.16.1.9';
const OID_ZLIB = '1.2.840.113549.1.9.16.3.8';
const OID_DATA = '1.2.840.113549.1.7.1';

const CONTENTS: readonly (readonly [what: string, octets: Buffer])[] = [
  ['no octets', Buffer.alloc(0)],
  ['one octet', Buffer.from('x')],
  ['text', text(300_000)],
  ['octets that do not compress', randomBytes(300_000)],
];

/** The parts of a structure that has several. */
const parts = (value: unknown): unknown[] => (value as { valueBlock: { value: unknown[] } }).valueBlock.value;

/** The compressed octets of a ContentInfo, after a check of everything around them. */
function zlibStreamIn(contentInfo: Buffer): Uint8Array {
  const { result, offset } = fromBER(contentInfo);
  assert.is(offset, contentInfo.length);
  const [type, content] = parts(result);
  assert.is((type as ObjectIdentifier).getValue(), OID_COMPRESSED_DATA);
  const [version, algorithm, encapsulated] = parts(parts(content)[0]);
  assert.is((version as Integer).valueBlock.valueDec, 0);
  const [identifier] = parts(algorithm);
  assert.is((identifier as ObjectIdentifier).getValue(), OID_ZLIB);
  const [innerType, inner] = parts(encapsulated);
  assert.is((innerType as ObjectIdentifier).getValue(), OID_DATA);
  return new Uint8Array((parts(inner)[0] as OctetString).getValue());
}

function tagged(value: Sequence | OctetString): Constructed {
  return new Constructed({ idBlock: { tagClass: 3, tagNumber: 0 }, value: [value] });
}

function contentInfoAround(compressed: Uint8Array): Buffer {
  const octets = new OctetString({ valueHex: Uint8Array.from(compressed).buffer });
  const compressedData = new Sequence({
    value: [
      new Integer({ value: 0 }),
      new Sequence({ value: [new ObjectIdentifier({ value: OID_ZLIB })] }),
      new Sequence({ value: [new ObjectIdentifier({ value: OID_DATA }), tagged(octets)] }),
    ],
  });
  const contentInfo = new Sequence({
    value: [new ObjectIdentifier({ value: OID_COMPRESSED_DATA }), tagged(compressedData)],
  });
  return Buffer.from(contentInfo.toBER());
}

/** In pieces, which makes a stream of several blocks. */
function deflated(octets: Buffer, level: 0 | 1 | 9): Uint8Array {
  const deflate = new Deflate({ level });
  for (let start = 0; start < octets.length; start += 50_000) {
    deflate.push(octets.subarray(start, start + 50_000), false);
  }
  deflate.push(new Uint8Array(0), true);
  return deflate.result as Uint8Array;
}

for (const [what, octets] of CONTENTS) {
  test(`${what}: what is compressed here, pako inflates`, async () => {
    const contentInfo = await collect(compress(streamOf(octets)));
    assert.equal(Buffer.from(inflate(zlibStreamIn(contentInfo)) as Uint8Array), octets);
  });

  for (const level of [0, 1, 9] as const) {
    test(`${what}: what pako deflates at level ${level} is decompressed here`, async () => {
      const contentInfo = contentInfoAround(deflated(octets, level));
      assert.equal(Buffer.from(await collect(decompress(streamOf(contentInfo), false, {}))), octets);
    });
  }
}

test.run();
