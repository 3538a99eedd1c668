/**
 * Release levels (SSIDLEV) and the revisions they stand for.
 *
 * Reading: RFC 5024 §5.3.2 gives level 1 to revision 1.2 and level 2 to 1.3, while RFC 2204 systems send 1 although
 * they follow 1.3. It does not matter on the wire, because both levels have the layouts of 1.3. Level 3 was never
 * assigned.
 */

/** SSIDLEV of a revision that exists. */
export type Level = 1 | 2 | 4 | 5;

export type Version = '1.2' | '1.3' | '1.4' | '2.0';

/** All levels, lowest first. */
export const LEVELS: readonly Level[] = [1, 2, 4, 5];

export const LEVEL_OF_VERSION: Readonly<Record<Version, Level>> = { '1.2': 1, '1.3': 2, '1.4': 4, '2.0': 5 };

export const VERSION_OF_LEVEL: Readonly<Record<Level, Version>> = { 1: '1.2', 2: '1.3', 4: '1.4', 5: '2.0' };

/**
 * The level whose layout an SSID has that says `lev`: the highest level not above it, so 2 for the unassigned 3 and 5
 * for levels yet to come, which RFC 5024 §5.3.2 announces as higher numbers. 1 for what is no level at all.
 */
export function layoutLevel(lev: number): Level {
  if (lev >= 5) return 5;
  if (lev >= 4) return 4;
  return lev >= 2 ? 2 : 1;
}
