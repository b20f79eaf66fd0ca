import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { validateWorkflow } from '@action-validator/core'
import { validate } from 'dockerfile-utils'
import { Deployment } from 'kubernetes-models/apps/v1'
import { CronJob } from 'kubernetes-models/batch/v1'
import { Ingress } from 'kubernetes-models/networking.k8s.io/v1'
import { Service } from 'kubernetes-models/v1'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { instructionsOf } from './scaffold/dockerfile.ts'

const DEPLOY = join(import.meta.dirname, '../deploy')
const dockerfile = readFileSync(join(DEPLOY, 'Dockerfile'), 'utf8')
const linter = join(import.meta.dirname, 'node_modules/.bin/dclint')

const problemsIn = (text: string) => validate(text).map(({ message }) => message)

describe('the image of a sync project', () => {
  it('is made by a Dockerfile that a linter has nothing against, which sees what is wrong', () => {
    expect(problemsIn(dockerfile)).toEqual([])
    expect(problemsIn(dockerfile.replace('COPY . .', 'COPI . .'))).toHaveLength(1)
  })

  it('is run by a user who is not root, in the Node that the packages ask for, and has two stages', () => {
    const instructions = instructionsOf(dockerfile)
    const { engines } = JSON.parse(readFileSync(join(DEPLOY, '../package.json'), 'utf8')) as {
      engines: { node: string }
    }
    const images = instructions.filter(({ word }) => word === 'FROM').map(({ rest }) => rest.split(' ')[0])
    expect(images).toEqual([
      `node:${engines.node.replace('>=', '')}-slim`,
      `node:${engines.node.replace('>=', '')}-slim`,
    ])
    expect(instructions.findLast(({ word }) => word === 'USER')?.rest).toBe('node')
  })

  it('is healthy while its health check is answered with 200, and not otherwise', async () => {
    const { rest } = instructionsOf(dockerfile).find(({ word }) => word === 'HEALTHCHECK')!
    const [, command = '[]'] = /CMD (\[.*\])$/.exec(rest) ?? []
    const [program = '', ...args] = JSON.parse(command) as string[]
    expect(program).toBe('node')
    let status = 200
    const paths = new Set<string | undefined>()
    const server = createServer(({ url }, response) => {
      paths.add(url)
      response.writeHead(status).end()
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const check = (port: number): Promise<number | null> =>
      new Promise((done) =>
        spawn(process.execPath, args, { env: { HEALTH_PORT: String(port) } }).once('close', (code) => done(code)),
      )
    const { port } = server.address() as AddressInfo
    expect(await check(port)).toBe(0)
    status = 503
    expect(await check(port)).toBe(1)
    await new Promise((done) => server.close(done))
    expect(await check(port)).toBe(1)
    expect([...paths]).toEqual(['/healthz'])
  })

  it('holds no secret, no data and no package of the machine that builds it', () => {
    const ignored = readFileSync(join(DEPLOY, '.dockerignore'), 'utf8').split('\n')
    expect(ignored).toEqual(expect.arrayContaining(['.env', '.env.*', 'data', 'node_modules', '.git']))
  })
})

describe('the services of a sync project', () => {
  const lint = (file: string) =>
    execFileSync(linter, ['--max-warnings', '0', file], { encoding: 'utf8', stdio: 'pipe' })

  it('are what the schema of Compose has, in the order of its linter', () => {
    lint(join(DEPLOY, 'compose.yaml'))
  })
})

describe('units of systemd', () => {
  const units = globSync('systemd/*', { cwd: DEPLOY }).toSorted()
  const hasSystemd = existsSync('/usr/bin/systemd-analyze')

  // In a folder of their own, with a program where they name one.
  const verify = (
    edit: (text: string) => string = (text) => text,
  ): { readonly code: number | null; readonly said: string } => {
    const folder = mkdtempSync(join(tmpdir(), 'tidemark-units-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const project = join(folder, 'project')
    mkdirSync(join(project, 'node_modules/.bin'), { recursive: true })
    const program = join(project, 'node_modules/.bin/tidemark')
    writeFileSync(program, '#!/bin/sh\n')
    chmodSync(program, 0o755)
    const paths = units.map((unit) => {
      const path = join(folder, unit.slice('systemd/'.length))
      writeFileSync(path, edit(readFileSync(join(DEPLOY, unit), 'utf8')).replaceAll('/srv/tidemark', project))
      return path
    })
    const { status, stdout, stderr } = spawnSync(
      '/usr/bin/systemd-analyze',
      ['verify', '--man=no', '--recursive-errors=no', ...paths],
      {
        encoding: 'utf8',
      },
    )
    const said = `${stdout}${stderr}`.split('\n').filter((line) => line.includes(folder) || line.includes('tidemark'))
    return { code: status, said: said.join('\n') }
  }

  it.skipIf(!hasSystemd)('are what systemd takes, which sees what is wrong', () => {
    expect(units).toHaveLength(4)
    expect(verify().said).toBe('')
    expect(verify((text) => text.replace('Restart=on-failure', 'Restart=sometimes')).said).toContain('sometimes')
    expect(verify((text) => text.replace('OnCalendar=*:0/10', 'OnCalendar=often')).said).toContain('often')
  })

  it('are those that the page on running shows', () => {
    const page = readFileSync(join(DEPLOY, '../docs/running.md'), 'utf8')
    const shown = [...page.matchAll(/^```ini title="([^"]+)"\n([\s\S]*?)^```$/gm)]
    expect(shown.length).toBe(3)
    for (const [, path, text] of shown) expect(text, path).toBe(readFileSync(join(DEPLOY, '..', path!), 'utf8'))
  })
})

interface Resource {
  readonly kind: string
  readonly apiVersion: string
  readonly metadata: { readonly name: string }
  readonly [field: string]: unknown
}

describe('manifests of Kubernetes', () => {
  const resourcesIn = (text: string): readonly Resource[] =>
    parseAllDocuments(text).map((document) => document.toJS() as Resource)
  const manifests = globSync('kubernetes/*.yaml', { cwd: DEPLOY })

  const MODELS = {
    'apps/v1 Deployment': Deployment,
    'batch/v1 CronJob': CronJob,
    'networking.k8s.io/v1 Ingress': Ingress,
    'v1 Service': Service,
  } as unknown as Readonly<Record<string, new (data: object) => { validate(): void }>>

  /** Checks a resource by the schema of its kind. */
  function validate(resource: Resource): void {
    new MODELS[`${resource.apiVersion} ${resource.kind}`]!(resource).validate()
  }

  it('are what the schemas of their kinds have, which see what is wrong', () => {
    expect(manifests).toHaveLength(2)
    const resources = manifests.flatMap((path) => resourcesIn(readFileSync(join(DEPLOY, path), 'utf8')))
    expect(resources.map(({ kind }) => kind).toSorted()).toEqual([
      'CronJob',
      'Deployment',
      'Deployment',
      'Ingress',
      'Service',
    ])
    for (const resource of resources) validate(resource)
    const [wrong] = resourcesIn(
      readFileSync(join(DEPLOY, 'kubernetes/tidemark.yaml'), 'utf8').replace('replicas: 2', 'replicas: two'),
    )
    expect(() => validate(wrong!)).toThrow('replicas')
  })

  it('run as nobody special, with nothing to write to but what is named', () => {
    for (const path of manifests) {
      const text = readFileSync(join(DEPLOY, path), 'utf8')
      for (const resource of resourcesIn(text)) {
        const found = JSON.stringify(resource)
        if (!found.includes('"containers"')) continue
        expect(found).toContain('"runAsNonRoot":true')
        expect(found).toContain('"readOnlyRootFilesystem":true')
        expect(found).toContain('"allowPrivilegeEscalation":false')
      }
    }
  })
})

it('the workflow of GitHub Actions is what its schema has, which sees what is wrong', () => {
  const text = readFileSync(join(DEPLOY, 'github-actions/sync.yml'), 'utf8')
  expect(validateWorkflow(text).errors).toEqual([])
  expect(validateWorkflow(text.replace('runs-on:', 'runs-at:')).errors).not.toEqual([])
})
