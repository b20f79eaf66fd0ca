/** A name as a user writes it in SQL, in quotes where it needs them: words that a database keeps for itself have no underscore. */
export function sqlName(name: string): string {
  return /^(?!current_|session_|system_)[a-z_]\w*$/.test(name) && name === name.toLowerCase() && name.includes('_')
    ? name
    : `"${name.replaceAll('"', '""')}"`
}
