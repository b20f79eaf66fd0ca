/** A place in the config as people write it: `sources.shop.tables["a b"]`. */
export function configPath(...keys: readonly string[]): string {
  return keys.reduce((path, key) => {
    if (!/^[\w-]+$/.test(key)) return `${path}[${JSON.stringify(key)}]`
    return path === '' ? key : `${path}.${key}`
  }, '')
}
