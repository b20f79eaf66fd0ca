/** A place in the config as people write it: `sources.shop.tables["a b"]`. */
function configPath(...keys: readonly string[]): string {
  return keys.reduce((path, key) => {
    if (!/^[\w-]+$/.test(key)) return `${path}[${JSON.stringify(key)}]`
    return path === '' ? key : `${path}.${key}`
  }, '')
}

/** The path of a table in the config. */
export const tablePlace = (use: string, table: string): string => configPath('sources', use, 'tables', table)
