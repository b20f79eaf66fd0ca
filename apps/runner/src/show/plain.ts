// Text from a source or a database may contain terminal escape sequences.
const ESCAPES =
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|(?:\u001b\]|\u009d)[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?|(?:\u001b[PX^_]|[\u0090\u0098\u009e\u009f])[^\u001b\u009c]*(?:\u001b\\|\u009c)?|\u001b[ -/]*[0-~]/g
// Also the noncharacters by which `toned` marks what a text means.
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdd4]/g

// What none of these is in has nothing to remove: most texts.
const ANY = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdd4]/

/** Removes control characters and terminal escapes; line ends and tabs stay. */
export function plain(text: string): string {
  if (!ANY.test(text)) return text
  return text.replace(/\r\n/g, '\n').replace(ESCAPES, '').replace(CONTROLS, '')
}

/** The same on one line. */
export function oneLine(text: string): string {
  if (!ANY.test(text)) return text
  return plain(text.replace(/\s*[\r\n]\s*/g, ' ⏎ ').replaceAll('\t', ' '))
}
