import type { BacklogLine, FeedLine, StepAnswer } from '../answers.ts'
import { FixLines } from './fix-lines.tsx'
import { format } from './format.ts'
import { StepList } from './step-list.tsx'
import { Text } from './text.tsx'
import { TimeAgo } from './time-ago.tsx'

export interface FeedPanelProps {
  readonly feed: FeedLine
  /** The page says already what is wrong with the table, and how to fix it. */
  readonly isExplained: boolean
  readonly underWay: readonly StepAnswer[]
  readonly now: number
}

/** What the source keeps for the feed, as a run last saw it. */
function BacklogFacts({ backlog, now }: { readonly backlog: BacklogLine; readonly now: number }) {
  const size = (bytes: number | null) => (bytes === null ? '–' : format.bytes(bytes))
  const lossMs = backlog.lostAt === null ? undefined : backlog.lostAt - now
  return (
    <>
      <div>
        <dt>Behind at the source</dt>
        <dd>{size(backlog.lagBytes)}</dd>
      </div>
      <div>
        <dt>Held at the source</dt>
        <dd>{size(backlog.heldBytes)}</dd>
      </div>
      <div>
        <dt>Lost in</dt>
        <dd>
          {backlog.isLimited === false ? 'no limit' : lossMs === undefined ? '–' : format.about(Math.max(0, lossMs))}
        </dd>
      </div>
    </>
  )
}

/** The feed that tells a table: how far it is, and what keeps it. */
export function FeedPanel({ feed, isExplained, underWay, now }: FeedPanelProps) {
  return (
    <section class="panel" aria-labelledby="feed">
      <h2 id="feed">
        Feed <Text>{feed.name}</Text>
      </h2>
      <dl class="facts">
        <div>
          <dt>Offset</dt>
          <dd>{feed.offset === null ? '–' : <Text>{feed.offset}</Text>}</dd>
        </div>
        <div>
          <dt>Last commit</dt>
          <dd>
            <TimeAgo at={feed.committedAt} now={now} />
          </dd>
        </div>
        <div>
          <dt>Behind</dt>
          <dd>{feed.lagMs === null ? '–' : format.about(feed.lagMs)}</dd>
        </div>
        <div>
          <dt>History</dt>
          <dd>{feed.isComplete ? 'complete' : 'not complete'}</dd>
        </div>
        {feed.backlog !== null && <BacklogFacts backlog={feed.backlog} now={now} />}
      </dl>
      {feed.keepsOwnState && (
        <p class="soft">
          This connector keeps its own state: one offset, and one time up to which they are complete, for all of its
          tables.
        </p>
      )}
      {feed.lostFor !== null && (
        <p>
          It is read again from its beginning, and its rows stay readable: <Text>{feed.lostFor}</Text>
        </p>
      )}
      {feed.leftOut !== null && !isExplained && (
        <div class="notice warn">
          <div>
            <strong>The changes of this table are left out</strong>
            <FixLines fix={feed.leftOut} />
          </div>
        </div>
      )}
      {underWay.length > 0 && (
        <>
          <h3>Being read now</h3>
          <StepList steps={underWay} now={now} caption="Changes that are being read" of="run" />
        </>
      )}
    </section>
  )
}
