/** Text of a peer in messages and trails: nothing in it may break the line or pose as something else. */

/**
 * Control, format and unassigned characters, lone surrogates, and the two separators that some viewers take for line
 * ends.
 */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** The text in double quotes, with all that is not printable escaped as in JSON. */
export function quote(text: string): string {
  return JSON.stringify(text).replace(UNPRINTABLE, (character) => {
    let escaped = '';
    for (let at = 0; at < character.length; at += 1) {
      escaped += `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`;
    }
    return escaped;
  });
}
