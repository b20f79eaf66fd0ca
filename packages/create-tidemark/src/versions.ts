import { readFileSync } from 'node:fs'

/**
 * Versions of the packages that a new package needs: those that this one was built and tested with. They stand in its own
 * manifest, where publishing turns `workspace:^` and `catalog:` into numbers.
 */
export function versionsFrom(manifest: URL): (name: string) => string {
  const { devDependencies } = JSON.parse(readFileSync(manifest, 'utf8')) as { devDependencies: Record<string, string> }
  return (name) => {
    const version = devDependencies[name]
    if (version === undefined) throw new Error(`the version of ${name} is unknown`)
    return version
  }
}
