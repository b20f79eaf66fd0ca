import { useState } from 'preact/hooks'
import type { ActionAnswer } from '../answers.ts'
import { ask, Trouble } from './ask.ts'
import { format } from './format.ts'
import { Icon } from './icon.tsx'
import { setAction, useLive } from './live.ts'
import { StatusBadge } from './status-badge.tsx'
import { Text } from './text.tsx'
import { token } from './token.ts'

async function post(path: string, body: object): Promise<ActionAnswer | null> {
  const { action } = await ask<{ action: ActionAnswer | null }>(`/api/actions/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-tidemark-token': token() ?? '' },
    body: JSON.stringify(body),
  })
  return action
}

export interface ActionButtonProps {
  readonly verb: 'sync' | 'resync' | 'retry' | 'pause' | 'resume'
  readonly table?: string
  readonly label: string
  readonly isMain?: boolean
}

/** Starts an action; it is disabled while another action runs. */
export function ActionButton({ verb, table, label, isMain = false }: ActionButtonProps) {
  const { action } = useLive()
  const [wrong, setWrong] = useState<string>()
  const isContinuous = action !== null && action.endedAt === null
  const start = async (): Promise<void> => {
    setWrong(undefined)
    try {
      setAction(await post('start', table === undefined ? { verb } : { verb, table }))
    } catch (error) {
      setWrong(error instanceof Trouble ? error.message : 'The dashboard does not respond.')
    }
  }
  if (token() === null) return null
  return (
    <span class="action">
      <button
        type="button"
        class={isMain ? 'main' : ''}
        aria-disabled={isContinuous}
        onClick={() => !isContinuous && void start()}
      >
        {isMain && <Icon name="play" />}
        {label}
      </button>
      {wrong !== undefined && (
        <span class="wrong" role="alert">
          {wrong}
        </span>
      )}
    </span>
  )
}

const VERBS: Readonly<Record<string, string>> = {
  sync: 'Sync',
  resync: 'Resync',
  retry: 'Retry of rejected rows',
  pause: 'Pause',
  resume: 'Resume',
}

/** The output of the running action, or of the last one. */
export function ActionPanel() {
  const { action } = useLive()
  const [closed, setClosed] = useState<number>()
  if (action === null || closed === action.startedAt) return null
  const { verb, table, startedAt, endedAt, exitCode, lines } = action
  const isContinuous = endedAt === null
  return (
    <section class="panel console" aria-label="Action">
      <header>
        <StatusBadge
          status={isContinuous ? 'running' : exitCode === 0 ? 'ended' : 'failed'}
          text={isContinuous ? 'running' : exitCode === 0 ? 'done' : `exit code ${exitCode ?? 'unknown'}`}
        />
        <strong role="status">
          {VERBS[verb] ?? verb} of {table === null ? 'everything' : <Text>{table}</Text>}
          {isContinuous ? '' : ` took ${format.length(endedAt - startedAt)}`}
        </strong>
        {isContinuous && token() !== null && (
          <button type="button" onClick={() => void post('stop', {}).catch(() => {})}>
            Stop
          </button>
        )}
        {!isContinuous && (
          <button type="button" class="quiet" onClick={() => setClosed(startedAt)}>
            Close
          </button>
        )}
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard */}
      <pre tabIndex={0}>{lines.length === 0 ? '…' : format.visible(lines.join('\n'))}</pre>
    </section>
  )
}
