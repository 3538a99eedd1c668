/**
 * The setting `ReceivedFileNameFormat`: local names of received files from macros and literal text, such as
 * `%VirtualFileName%_%VirtualFileDate:yyyyMMddHHmmssffff%.edi`. Values come from the peer and go through `names.ts`
 * before they are put in; the literal text is the operator's and is checked when the setting is set.
 *
 * | macro | value |
 * | --- | --- |
 * | `%VirtualFileName%` | SFIDDSN |
 * | `%VirtualFileDate%` | the digits of SFIDDATE and SFIDTIME as they were sent |
 * | `%VirtualFileDate:pattern%` | the same by a .NET pattern (`date-pattern.ts`) |
 * | `%Originator%`, `%Destination%` | SFIDORIG, SFIDDEST |
 * | `%UserData%` | SFIDUSER |
 * | `%CurrentTime%` | local time of receipt as `yyyyMMddHHmmss` |
 * | `%GUID%` | different for each file |
 */
import { datePatternProblem } from './date-pattern.js';
import { escapeName, NAME_OCTETS_MAX, wholeName } from './names.js';
import { formatStamp, type Stamp, stampAt } from './stamp.js';

/** What the macros stand for. Strings as they came from the wire. */
export interface NameValues {
  readonly virtualFileName: string;
  readonly stamp: Stamp;
  readonly originator: string;
  readonly destination: string;
  readonly userData: string;
  /** Time of receipt. */
  readonly now: Date;
  /** A new one for each file. */
  readonly guid: string;
}

/** The one macro that takes a pattern. */
const DATE_MACRO = 'virtualfiledate';

/** Macro names are compared without regard to case, as all setting names are. */
const MACROS: ReadonlyMap<string, (values: NameValues) => string> = new Map([
  ['virtualfilename', ({ virtualFileName }) => virtualFileName],
  [DATE_MACRO, ({ stamp }) => stamp.date + stamp.time],
  ['originator', ({ originator }) => originator],
  ['destination', ({ destination }) => destination],
  ['userdata', ({ userData }) => userData],
  ['currenttime', ({ now }) => formatStamp(stampAt(now), 'yyyyMMddHHmmss')],
  ['guid', ({ guid }) => guid],
]);

const MACRO_LIST =
  '%VirtualFileName%, %VirtualFileDate%, %VirtualFileDate:pattern%, %Originator%, %Destination%, %UserData%, ' +
  '%CurrentTime%, %GUID%';

/** A macro with an optional pattern, literal text, or a `%` that is not closed. */
const TOKEN = /%([^%:]*)(?::([^%]*))?%|([^%]+)|%/g;

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for.
const UNSAFE_LITERAL = /[<>:"/\\|?*\x00-\x1f\x7f]/;

/** What is wrong with a template that an operator has set, in a sentence, or undefined when it can be used. */
export function templateProblem(template: string): string | undefined {
  if (template.trim() === '') return 'The file name format is empty: use one such as %VirtualFileName%.';
  if (/^[.\- ]|[. ]$/.test(template)) {
    return `The file name format ${template} starts or ends with a dot, a space or a hyphen: take that away.`;
  }
  const length = Buffer.byteLength(template);
  if (length > NAME_OCTETS_MAX) return `The file name format is ${length} octets long: use at most ${NAME_OCTETS_MAX}.`;
  for (const [token, macro, pattern, literal] of template.matchAll(TOKEN)) {
    const problem = literal === undefined ? macroProblem(token, macro, pattern) : literalProblem(literal);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function literalProblem(literal: string): string | undefined {
  const unsafe = UNSAFE_LITERAL.exec(literal);
  if (!unsafe) return undefined;
  const character = JSON.stringify(unsafe[0]);
  return `The file name format has ${character} in its text, unfit for file names: folders go into downloadDirectory.`;
}

function macroProblem(token: string, macro: string | undefined, pattern: string | undefined): string | undefined {
  if (macro === undefined)
    return 'The file name format has a % that does not belong to a macro: write macros as %Name%.';
  if (!MACROS.has(macro.toLowerCase())) {
    return `The file name format has an unknown macro ${token}: use ${MACRO_LIST}.`;
  }
  if (pattern === undefined) return undefined;
  return macro.toLowerCase() === DATE_MACRO
    ? datePatternProblem(pattern)
    : `The macro %${macro}% takes no pattern, but has ${token}.`;
}

function valueFor(macro: string, values: NameValues): string {
  return MACROS.get(macro.toLowerCase())?.(values) ?? '';
}

/**
 * The local file name for a received file, by a template that `templateProblem` passes. Undefined where nothing
 * sensible comes out: a blank name, or one too long for a file system. The caller refuses the file with reason 01.
 */
export function expandTemplate(template: string, values: NameValues): string | undefined {
  const name = template.replace(TOKEN, (token, macro: string | undefined, pattern: string | undefined) => {
    if (macro === undefined) return token;
    return escapeName(pattern === undefined ? valueFor(macro, values) : formatStamp(values.stamp, pattern));
  });
  return wholeName(name);
}
