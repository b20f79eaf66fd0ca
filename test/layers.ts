import { builtinModules } from 'node:module'
import { posix } from 'node:path'
import { circles } from './circles.ts'
import { folderRules } from './folders.ts'
import { type Code, codeOf, importsOf } from './imports.ts'

/** A file of the repository: its path from the root, with slashes, and its text. */
export interface File {
  readonly path: string
  readonly text: string
}

/** Which packages of this repository a package may import. Arrows point one way. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  core: [],
  http: ['core'],
  'child-process': ['core'],
  engine: ['core'],
  destination: ['core'],
  testkit: ['engine', 'destination', 'core'],
  source: ['http', 'child-process', 'core'],
  'create-tidemark': [],
  runner: ['engine', 'destination', 'core'],
  tidemark: ['runner'],
}

/** The doors of core that are under the version promise; whatever a source is made of uses no other. */
const AUTHORS_DOORS = ['@tidemark/core', '@tidemark/core/values']
const CORE_DOORS = [...AUTHORS_DOORS, '@tidemark/core/engine']
const AUTHORS_LAYERS = ['source', 'http', 'child-process']
const SQL_BUILDERS = ['destination', 'source-sql']
/** Whose packages beside our own the engine takes: the interface of tracing is a no-op until somebody listens. */
const ENGINE_TAKES = ['zod', '@opentelemetry/api']
const isForeign = (from: string): boolean =>
  sibling(from) === undefined && !isNode(from) && moduleName(from) !== 'kysely'
const DYNAMIC_IMPORT = 'apps/runner/src/discover.ts'
/** Holds what it imports: its users install none of it, and it lists that as devDependencies. */
const BUNDLED = 'runner'
const VAGUE = /^(?:utils|helpers|common|types)$/
const LONGEST = 300

/** A package: its folder, its name within the scope, and the layer that its arrows start from. */
interface Package {
  readonly folder: string
  readonly name: string
  readonly layer: string
}

/** Checks files against the rules of the house. Each line names the file and the rule that it breaks. */
export function layers(files: readonly File[]): readonly string[] {
  const broken = files.flatMap((file) => {
    const owner = packageOf(file.path)
    if (owner === undefined) return []
    const rules = file.path === `${owner.folder}/package.json` ? manifestRules : sourceRules
    return rules(file, owner, files).map((rule) => `${file.path}: ${rule}`)
  })
  return [...broken, ...circleRules(files)]
}

/** No file of a package reaches itself by its imports, types included: what two need from each other is a file of its own. */
function circleRules(files: readonly File[]): readonly string[] {
  const inSources = files.filter(({ path }) => {
    const owner = packageOf(path)
    return owner !== undefined && path.startsWith(`${owner.folder}/src/`)
  })
  return circles(inSources).map(([first, ...others]) => `${first}: imports itself through ${others.join(' → ')}`)
}

function packageOf(path: string): Package | undefined {
  const [root, name] = path.split('/')
  if ((root !== 'packages' && root !== 'apps') || name === undefined) return undefined
  return { folder: `${root}/${name}`, name, layer: name.startsWith('source-') ? 'source' : name }
}

/** `@tidemark/core/engine` → `core`; undefined for packages that are not of this repository. */
function sibling(specifier: string): string | undefined {
  return /^@tidemark\/([^/]+)/.exec(specifier)?.[1]
}

/** `@scope/name/inner` → `@scope/name`. */
function moduleName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

function isArrow(owner: Package, target: string): boolean {
  return ARROWS[owner.layer]?.includes(target) === true
}

function arrowsOf({ layer }: Package): string {
  const targets = ARROWS[layer]
  return targets === undefined
    ? 'has no arrows yet'
    : `may import ${targets.join(', ') || 'no package of this repository'}`
}

function sourceRules(file: File, owner: Package, files: readonly File[]): readonly string[] {
  if (!file.path.startsWith(`${owner.folder}/src/`)) return []
  const code = codeOf(file.text)
  const manifest = files.find((one) => one.path === `${owner.folder}/package.json`)
  return [
    ...importRules(file, owner, code),
    ...(manifest === undefined ? [] : undeclared(owner, code, JSON.parse(manifest.text) as Manifest)),
    ...(owner.name === 'core' ? clockRules(code) : []),
    ...fileRules(file, code),
  ]
}

function importRules({ path }: File, owner: Package, code: Code): readonly string[] {
  const broken: string[] = []
  for (const { from, kind } of importsOf(code)) {
    // A part of the own package may be loaded when it is needed; foreign code comes in at one place.
    if (kind === 'dynamic' && path !== DYNAMIC_IMPORT && from?.startsWith('./') !== true)
      broken.push(`only ${DYNAMIC_IMPORT} uses a dynamic import()`)
    if (from === undefined) continue
    if (from.startsWith('.')) {
      const target = posix.join(posix.dirname(path), from)
      if (!target.startsWith(`${owner.folder}/`)) broken.push(`imports "${from}", which lies outside its package`)
      else broken.push(...folderRules(owner.name, path, target))
      continue
    }
    const target = sibling(from)
    if (target !== undefined && target !== owner.name && !isArrow(owner, target)) {
      broken.push(`imports ${from}, but ${owner.layer} ${arrowsOf(owner)}`)
    }
    const doors = AUTHORS_LAYERS.includes(owner.layer) ? AUTHORS_DOORS : CORE_DOORS
    if (target === 'core' && !doors.includes(from))
      broken.push(`imports ${from}, but ${owner.layer} uses core only through ${doors.join(' or ')}`)
    if (owner.name === 'engine' && isForeign(from) && !ENGINE_TAKES.includes(moduleName(from)))
      broken.push(`imports ${from}, but of others' packages engine takes ${ENGINE_TAKES.join(' and ')} alone`)
    if (moduleName(from) === 'kysely' && !SQL_BUILDERS.includes(owner.name)) {
      broken.push(`imports ${from}, but only ${SQL_BUILDERS.join(' and ')} import kysely`)
    }
    if (owner.name === 'core' && moduleName(from) !== 'zod') {
      broken.push(
        isNode(from)
          ? `imports ${from}, but core does no I/O`
          : `imports ${from}, but core imports zod and nothing else`,
      )
    }
  }
  return broken
}

function isNode(specifier: string): boolean {
  return specifier.startsWith('node:') || builtinModules.includes(specifier)
}

const CLOCKS: readonly (readonly [RegExp, string])[] = [
  [/\bDate\s*\.\s*now\b/, 'Date.now'],
  [/\bnew\s+Date\s*(?:\(\s*\)|(?![\w\s(]))/, 'new Date()'],
  [/(?<!new\s+)(?<![.\w])Date\s*\(/, 'Date()'],
  [/\bperformance\s*\./, 'performance'],
  [/\bhrtime\b/, 'hrtime'],
  [/\bTemporal\s*\.\s*Now\b/, 'Temporal.Now'],
]

function clockRules({ code }: Code): readonly string[] {
  return CLOCKS.filter(([clock]) => clock.test(code)).map(([, name]) => `uses ${name}, but core reads no clock`)
}

function fileRules({ path, text }: File, { code }: Code): readonly string[] {
  const lines = text.trimEnd().split('\n').length
  const name = posix.basename(path).replace(/\..*$/, '')
  return [
    ...(VAGUE.test(name) ? [`a file is named after its main export, not "${name}"`] : []),
    ...(lines > LONGEST ? [`has ${lines} lines, more than ${LONGEST}`] : []),
    ...(/\bexport\s*(?:type\s*)?\*/.test(code) ? ['exports are chosen by hand: no export *'] : []),
  ]
}

interface Manifest {
  readonly name: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

function declared({ dependencies, peerDependencies, optionalDependencies }: Manifest): readonly string[] {
  return Object.keys({ ...dependencies, ...peerDependencies, ...optionalDependencies })
}

/** Packages that a source file imports and its package.json does not bring along. */
function undeclared(owner: Package, code: Code, manifest: Manifest): readonly string[] {
  const held = owner.name === BUNDLED ? Object.keys(manifest.devDependencies ?? {}) : []
  const known = new Set([...declared(manifest), ...held, manifest.name])
  return importsOf(code)
    .flatMap(({ from }) => (from === undefined || from.startsWith('.') || isNode(from) ? [] : [moduleName(from)]))
    .filter((name) => !known.has(name))
    .map((name) => `imports ${name}, which ${owner.folder}/package.json does not list`)
}

function manifestRules(file: File, owner: Package): readonly string[] {
  const manifest = JSON.parse(file.text) as Manifest
  return declared(manifest).flatMap((name) => {
    const target = sibling(name)
    if (owner.name === 'core')
      return name === 'zod' ? [] : [`depends on ${name}, but core depends on zod and nothing else`]
    if (name === 'kysely' && !SQL_BUILDERS.includes(owner.name)) {
      return [`depends on kysely, but only ${SQL_BUILDERS.join(' and ')} import it`]
    }
    if (target === undefined || isArrow(owner, target)) return []
    return [`depends on ${name}, but ${owner.layer} ${arrowsOf(owner)}`]
  })
}
