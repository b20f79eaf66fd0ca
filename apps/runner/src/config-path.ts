/** A path in a config, as people write it: `sources.github.config.repositories[0]`. */
export function at(path: string, key: PropertyKey): string {
  if (typeof key === 'number') return `${path}[${key}]`
  const name = String(key)
  if (!/^[\w-]+$/.test(name)) return `${path}[${JSON.stringify(name)}]`
  return path === '' ? name : `${path}.${name}`
}

export function pathOf(path: string, keys: readonly PropertyKey[]): string {
  return keys.reduce<string>(at, path)
}
