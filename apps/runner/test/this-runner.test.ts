import { describe, expect, it } from 'vitest'
import { commandFor } from '../src/show/command.ts'
import { isAlive, thisRunner } from '../src/this-runner.ts'
import { testProject } from './test-project.ts'

describe('whether a runner lives', () => {
  const self = thisRunner()

  it.each([
    ['this process', self, true],
    ['a process id that is not there', { ...self, pid: 4_194_303 }, false],
    ['a process id that was used again', { ...self, startedAt: self.startedAt - 60_000_000n }, false],
    ['a process on another host', { ...self, host: 'elsewhere' }, undefined],
    ['a process of another container or boot', { ...self, id: `00000000-${self.id}` }, undefined],
  ])('%s', (_, runner, alive) => {
    expect(isAlive(runner)).toBe(alive)
  })

  it('each run is another runner', () => {
    expect(thisRunner().id).not.toBe(self.id)
  })
})

describe('how to call it again', () => {
  it('is the script of the workspace where that is meant for this project, through npx where pnpm came through npx', () => {
    const { folder, write } = testProject()
    write('pnpm-workspace.yaml', '')
    write('package.json', JSON.stringify({ scripts: { tidemark: 'node main.js --project apps/runner' } }))
    const call = {
      cwd: folder,
      project: `${folder}/apps/runner`,
      flags: { project: 'apps/runner', config: 'other config.ts' },
      environment: {},
    }
    expect(commandFor(call)('status')).toBe('pnpm tidemark --config "other config.ts" status')
    const environment = {
      npm_execpath: '/home/me/.npm/_npx/1/node_modules/pnpm/bin/pnpm.cjs',
      npm_config_user_agent: 'pnpm/12.18.0 npm/? node/v24',
    }
    expect(commandFor({ ...call, flags: {}, environment })('status')).toBe('npx -y pnpm@12.18.0 tidemark status')
    expect(commandFor({ ...call, project: `${folder}/apps/other`, flags: {} })('status')).toBe('npx tidemark status')
  })
})
