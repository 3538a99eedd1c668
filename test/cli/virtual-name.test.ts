/** RFC 5024 §5.2: X(n) holds 0 to 9, A to Z and / - . & ( ); §5.3.3: SFIDDSN is X(26). */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { nameAsDescription, virtualFileName } from '../../src/cli/virtual-name.js';

const NAMES: readonly (readonly [file: string, virtual: string, description: string])[] = [
  ['ORDERS.EDI', 'ORDERS.EDI', ''],
  ['orders.edi', 'ORDERS.EDI', ''],
  ['A&B(1)-2.X', 'A&B(1)-2.X', ''],
  ['orders_2024 final.edi', 'ORDERS-2024-FINAL.EDI', 'orders_2024 final.edi'],
  ['Bestellung_März.edi', 'BESTELLUNG-MARZ.EDI', 'Bestellung_März.edi'],
  ['Straße.edi', 'STRASSE.EDI', ''],
  ['注文.xml', '--.XML', '注文.xml'],
  ['😀.edi', '-.EDI', '😀.edi'],
  ['a'.repeat(26), 'A'.repeat(26), ''],
  ['abcdefghijklmnopqrstuvwxyz.edi', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz.edi'],
  ['\u0301', '-', '\u0301'],
  ['%', '-', '%'],
];

for (const [file, virtual, description] of NAMES) {
  test(`${JSON.stringify(file)} is sent as ${virtual}, description '${description}'`, () => {
    assert.is(virtualFileName(file), virtual);
    assert.is(nameAsDescription(file), description);
  });
}

test.run();
