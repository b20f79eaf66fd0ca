/** A name as a user writes it in SQL, in quotes if needed: reserved words have no underscore. */
export function sqlName(name: string): string {
  return /^(?!current_|session_|system_)[a-z_]\w*$/.test(name) && name === name.toLowerCase() && name.includes('_')
    ? name
    : `"${name.replaceAll('"', '""')}"`
}
