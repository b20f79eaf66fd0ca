import { describe, expect, it } from 'vitest'
import { commandFor } from '../src/show/command.ts'
import { testProject } from './test-project.ts'

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
