/** What the product says about itself. */

/** Version of the package; a test holds it equal to the one in package.json. */
export const VERSION = '0.1.0';

/** One line for support: the version of the package and of what it runs on. */
export const BUILD_INFO = `oftp ${VERSION} (Node.js ${process.version}, OpenSSL ${process.versions.openssl})`;

/** Some defaults of the reference differ there. */
export const ON_WINDOWS = process.platform === 'win32';

/** The five lines that the reference gives for its licence, filled in for an open-source package. */
export const LICENSE_INFO = [
  'Product: oftp',
  'Product Key: none needed',
  'License Source: file LICENSE of the package',
  'License Type: MIT',
  `Last Valid Build: every build; this is ${VERSION}`,
].join('\n');
