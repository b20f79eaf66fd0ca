import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { validate } from 'dockerfile-utils'
import { describe, expect, it } from 'vitest'
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
