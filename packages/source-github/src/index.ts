import { register } from '@tidemark/core'
import { github } from './source.ts'
import { commits } from './tables/commits.ts'
import { issueComments } from './tables/issue-comments.ts'
import { issues } from './tables/issues.ts'
import { labels } from './tables/labels.ts'
import { milestones } from './tables/milestones.ts'
import { pullRequests } from './tables/pull-requests.ts'
import { releases } from './tables/releases.ts'
import { repositoriesTable } from './tables/repositories.ts'
import { reviews } from './tables/reviews.ts'
import { stargazers } from './tables/stargazers.ts'
import { workflowRuns } from './tables/workflow-runs.ts'

export default register(
  github.with([
    repositoriesTable,
    issues,
    issueComments,
    pullRequests,
    reviews,
    commits,
    releases,
    stargazers,
    labels,
    milestones,
    workflowRuns,
  ]),
)
