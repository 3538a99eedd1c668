/** From the name of a file to a virtual file name (SFIDDSN). */

/** X(26), RFC 5024 §5.3.3. */
const LENGTH_MAX = 26;

/** What RFC 5024 §5.2 allows in X(n), but for the space, which it does not allow inside. */
const FOREIGN = /[^A-Z0-9/\-.&()]/gu;

/**
 * The file name in capitals, letters without their accents, every other character that ODETTE-FTP does not have as `-`,
 * cut to 26 characters: `Bestellung_März.edi` becomes `BESTELLUNG-MARZ.EDI`. Two files may get the same name: their
 * stamps tell them apart.
 */
export function virtualFileName(fileName: string): string {
  const letters = fileName.normalize('NFKD').replace(/\p{M}/gu, '').toUpperCase();
  return letters.replace(FOREIGN, '-').slice(0, LENGTH_MAX) || '-';
}

/** For SFIDDESC: the file name where the virtual file name lost more of it than its case, else nothing. */
export function nameAsDescription(fileName: string): string {
  return virtualFileName(fileName) === fileName.toUpperCase() ? '' : fileName;
}
