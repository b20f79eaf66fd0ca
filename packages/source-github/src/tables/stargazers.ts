import { z } from 'zod'
import { PAGE } from '../github-client.ts'
import { tagsOf, type WholeList } from '../page-tags.ts'
import { int64, type Raw } from '../raw.ts'
import { github, repositories } from '../source.ts'
import { wholeList } from '../whole-list.ts'

const LIST: WholeList = {
  path: 'stargazers',
  // Without it GitHub does not say when.
  headers: { accept: 'application/vnd.github.star+json' },
  grows: 'at the end',
  mostPages: 400,
}
const MOST_STARS = 400 * PAGE

const row = z.object({
  user_id: z.bigint(),
  user_login: z.string(),
  starred_at: z.iso.datetime(),
})

export const stargazers = github.table({
  name: 'stargazers',
  row,
  primaryKey: ['user_id'],
  partitions: repositories,
  revision: (question) => tagsOf(LIST, question),
  async *read({ log, ...question }) {
    const { found } = question.partition
    if ((found?.stargazers_count ?? 0) > MOST_STARS)
      log.warn(`GitHub lists only the first ${MOST_STARS} stars of ${found?.full_name}`)
    // A star of an account that is gone is nobody's.
    for await (const page of wholeList<Raw['stargazer']>(LIST, question, (one) => one?.user?.id))
      yield page.flatMap(({ user, starred_at }) =>
        user === null ? [] : [{ user_id: int64(user.id), user_login: user.login, starred_at }],
      )
  },
})
