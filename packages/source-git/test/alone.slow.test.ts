import { realpathSync } from 'node:fs'
import { testAlone } from '@tidemark/testkit'
import git from '../src/index.ts'
import { Sandbox } from './sandbox.ts'

testAlone(git, {
  fixtures: (folder) => {
    const sandbox = new Sandbox(folder)
    sandbox.git('init', '-q', '-b', 'main')
    for (let day = 1; day <= 3; day++)
      sandbox.commit({ files: { [`day-${day}`]: `${day}` }, at: `2026-01-0${day}T12:00:00Z`, message: `day ${day}` })
  },
  config: ({ folder }) => ({ repositories: [realpathSync(folder)] }),
})
