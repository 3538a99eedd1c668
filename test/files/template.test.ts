import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { NAME_OCTETS_MAX, safeFileName } from '../../src/files/names.js';
import { expandTemplate, type NameValues, templateProblem } from '../../src/files/template.js';

const VALUES: NameValues = {
  virtualFileName: 'ORDERS',
  stamp: { date: '20240229', time: '2359590042' },
  originator: 'O0013PARTNER',
  destination: 'O0013HUB',
  userData: 'USERDATA',
  now: new Date(2024, 2, 1, 4, 5, 6),
  guid: '4f1c6a0e-0000-4000-8000-000000000001',
};

const EXPANSIONS: readonly (readonly [string, string, string])[] = [
  ['B-297', '%VirtualFileName%', 'ORDERS'],
  ['B-298', '%VirtualFileName%_%VirtualFileDate%_%Destination%', 'ORDERS_202402292359590042_O0013HUB'],
  ['B-298', 'in-%virtualfilename%.edi', 'in-ORDERS.edi'],
  ['B-299', 'x%UserData%', 'xUSERDATA'],
  ['B-300', '%GUID%', '4f1c6a0e-0000-4000-8000-000000000001'],
  ['B-301', '%CurrentTime%', '20240301040506'],
  ['B-302', '%Originator%-%Destination%', 'O0013PARTNER-O0013HUB'],
  ['B-303', '%VirtualFileDate:yyyyMMddHHmmssffff%', '202402292359590042'],
  ['B-303', '%VirtualFileDate:yyyy-MM-dd%', '2024-02-29'],
  ['B-303', '%VirtualFileDate:MM/dd HH:mm%', '02%2F29 23%3A59'],
  ['no macro', 'inbox.dat', 'inbox.dat'],
];

for (const [row, template, name] of EXPANSIONS) {
  test(`${row}: ${template} gives ${name}`, () => {
    assert.is(templateProblem(template), undefined);
    assert.is(expandTemplate(template, VALUES), name);
  });
}

test('values are made safe, and the name as a whole as well', () => {
  const values = { ...VALUES, virtualFileName: '../x', userData: '..', originator: 'CO', destination: '%GUID%' };
  assert.is(expandTemplate('%VirtualFileName%', values), '%2E.%2Fx');
  assert.is(expandTemplate('%UserData%', values), '%2E%2E');
  assert.is(expandTemplate('%Originator%N', values), '%43ON');
  assert.is(expandTemplate('a%UserData%', values), 'a.%2E');
  assert.is(expandTemplate('%Destination%', values), '%25GUID%25', 'a value is not expanded again');
});

test('1.2: a short stamp and one that is no date are written as they were sent', () => {
  const short = { ...VALUES, stamp: { date: '991231', time: '235959' } };
  assert.is(expandTemplate('%VirtualFileDate%', short), '991231235959');
  const impossible = { ...VALUES, stamp: { date: '20241301', time: '9999990000' } };
  assert.is(expandTemplate('%VirtualFileDate:yyyy%', impossible), '202413019999990000');
});

test('a name that comes out blank or too long is refused', () => {
  const values = {
    ...VALUES,
    userData: '',
    originator: '/'.repeat(25),
    destination: '/'.repeat(25),
    virtualFileName: '/'.repeat(26),
  };
  assert.is(expandTemplate('%UserData%', values), undefined);
  assert.is(expandTemplate('%VirtualFileName%%Originator%%Destination%xx', values), `${'%2F'.repeat(76)}xx`);
  assert.is(expandTemplate('%VirtualFileName%%Originator%%Destination%xxx', values), undefined);
});

const PROBLEMS: readonly (readonly [string, RegExp])[] = [
  ['', /empty/],
  ['  ', /empty/],
  ['%VirtualFileNames%', /unknown macro %VirtualFileNames%: use %VirtualFileName%/],
  ['%constructor%', /unknown macro/],
  ['%%', /unknown macro %%/],
  ['50%', /a % that does not belong/],
  ['%VirtualFileName%_%Originator', /a % that does not belong/],
  ['%Originator:yyyy%', /%Originator% takes no pattern/],
  ['%VirtualFileDate:%', /date pattern is empty/],
  ["%VirtualFileDate:yyyy'%", /not closed/],
  ['%VirtualFileDate:K%', /K, which is not supported/],
  ['%Originator%/%VirtualFileName%', /"\/".*downloadDirectory/],
  ['a\\b', /"\\\\"/],
  ['a:b', /":"/],
  ['a\0b', /"\\u0000"/],
  ['.%VirtualFileName%', /starts or ends/],
  ['%VirtualFileName%.', /starts or ends/],
  ['x'.repeat(NAME_OCTETS_MAX + 1), /231 octets long: use at most 230/],
];

for (const [template, problem] of PROBLEMS) {
  test(`the template ${JSON.stringify(template).slice(0, 40)} is refused when it is set`, () => {
    assert.match(templateProblem(template) ?? 'no problem', problem);
  });
}

test('with the default template any name is what safeFileName says', () => {
  const octet = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code));
  fc.assert(
    fc.property(fc.string({ unit: octet, maxLength: 26 }), (virtualFileName) => {
      assert.is(expandTemplate('%VirtualFileName%', { ...VALUES, virtualFileName }), safeFileName(virtualFileName));
    }),
  );
});

test('no values, whatever they are, lead out of the folder', () => {
  const octet = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code));
  const value = fc.string({ unit: octet, maxLength: 25 });
  fc.assert(
    fc.property(value, value, value, value, (virtualFileName, originator, destination, userData) => {
      const values = { ...VALUES, virtualFileName, originator, destination, userData };
      for (const template of [
        '%Originator%%UserData%',
        '%VirtualFileName%.%Destination%',
        '%UserData%..%Originator%',
      ]) {
        const name = expandTemplate(template, values);
        if (name !== undefined) assert.match(name, /^[^./\\\0 -][^/\\\0:]*$/);
      }
    }),
  );
});

test.run();
