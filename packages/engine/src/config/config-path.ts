/** The path of a key below another in a config, as people write it: `sources.github.config.repositories[0]`. */
export function keyPath(path: string, key: PropertyKey): string {
  if (typeof key === 'number') return `${path}[${key}]`
  const name = String(key)
  if (!/^[\w-]+$/.test(name)) return `${path}[${JSON.stringify(name)}]`
  return path === '' ? name : `${path}.${name}`
}

export function pathOf(path: string, keys: readonly PropertyKey[]): string {
  return keys.reduce<string>(keyPath, path)
}

/** The path of a table in the config. */
export const tablePlace = (use: string, table: string): string => pathOf('sources', [use, 'tables', table])
