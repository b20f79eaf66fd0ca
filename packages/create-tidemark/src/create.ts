import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { runnerManifest, sourceManifest } from './manifest.ts'
import type { Wanted } from './wanted.ts'

const OPTIONS = {
  target: 'ES2024',
  lib: ['ES2024'],
  module: 'NodeNext',
  moduleResolution: 'NodeNext',
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  verbatimModuleSyntax: true,
  // So that Node can run the files as they are: tests do.
  erasableSyntaxOnly: true,
  allowImportingTsExtensions: true,
  rewriteRelativeImportExtensions: true,
  declaration: true,
  skipLibCheck: true,
}

export interface CreateOptions {
  /** The folder that the new one is made in. */
  readonly root: string
  /** Where the templates are. */
  readonly templates: string
  readonly version: (name: string) => string
}

/** Writes a new package. @returns the paths of its files, from the root. @throws where something is in the way. */
export function create(wanted: Wanted, { root, templates, version }: CreateOptions): readonly string[] {
  const folder = join(root, wanted.folder)
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new Error(`the folder ${wanted.folder} already exists and is not empty; move it, or choose another name`)
  const files = new Map([...templateFiles(wanted, templates), ...configFiles(wanted, version)])
  for (const [path, text] of files) {
    // What is run here is its owner's, whatever the umask.
    mkdirSync(dirname(join(folder, path)), { recursive: true, mode: 0o755 })
    writeFileSync(join(folder, path), text, { mode: 0o644 })
  }
  return [...files.keys()].map((path) => relative('.', join(wanted.folder, path))).sort()
}

function templateFiles(wanted: Wanted, templates: string): readonly (readonly [string, string])[] {
  const base = join(templates, wanted.kind)
  const paths = readdirSync(base, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return paths
    .map((entry) => relative(base, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .filter((path) => !(wanted.inRepository && path === 'gitignore'))
    .map((path) => {
      const text = readFileSync(join(base, path), 'utf8')
      // npm leaves a .gitignore out of what it packs.
      return [path === 'gitignore' ? '.gitignore' : path, named(text, wanted)] as const
    })
}

/** The template is the source of a system called acme. */
function named(text: string, { name, packageName }: Wanted): string {
  const words = name.split('_').filter((word) => word !== '')
  const pascal = words.map((word) => `${word[0]!.toUpperCase()}${word.slice(1)}`).join('')
  return text
    .replaceAll('acme-package', packageName)
    .replaceAll('acme.example.com', `${words.join('-')}.example.com`)
    .replaceAll('acmeSource', `${pascal[0]!.toLowerCase()}${pascal.slice(1)}Source`)
    .replaceAll('ACME', name.toUpperCase())
    .replaceAll('Acme', pascal)
    .replaceAll('acme', name)
}

function configFiles(wanted: Wanted, version: (name: string) => string): readonly (readonly [string, string])[] {
  const json = (value: object): string => `${JSON.stringify(value, null, 2)}\n`
  if (wanted.kind === 'runner') {
    return [
      ['package.json', json(runnerManifest(wanted, version))],
      [
        'tsconfig.json',
        json({
          compilerOptions: { ...OPTIONS, noEmit: true, rewriteRelativeImportExtensions: false },
          include: ['*.ts'],
        }),
      ],
    ]
  }
  const manifest = ['package.json', json(sourceManifest(wanted, version))] as const
  if (wanted.inRepository) {
    return [
      manifest,
      [
        'tsconfig.json',
        '{ "extends": "../../tsconfig.base.json", "compilerOptions": { "noEmit": true }, "include": ["src", "test", "*.ts"] }\n',
      ],
      [
        'tsconfig.build.json',
        `{
  "extends": "../../tsconfig.base.json",
  "compilerOptions": { "rootDir": "src", "outDir": "dist", "emitDeclarationOnly": true },
  "include": ["src"]
}
`,
      ],
      ['tsup.config.ts', "import { library } from '../../tsup.base.ts'\n\nexport default library(['src/index.ts'])\n"],
      ['vitest.config.ts', "export { default } from '../../vitest.base.ts'\n"],
    ]
  }
  return [
    manifest,
    ['tsconfig.json', json({ compilerOptions: { ...OPTIONS, noEmit: true }, include: ['src', 'test'] })],
    [
      'tsconfig.build.json',
      json({ compilerOptions: { ...OPTIONS, rootDir: 'src', outDir: 'dist' }, include: ['src'] }),
    ],
  ]
}
