import type { SessionAnswer } from '../answers.ts'
import { ask } from './ask.ts'
import { BASE_PATH } from './base-path.ts'
import { Text } from './text.tsx'
import { setToken } from './token.ts'

/** Asks who looks at the page, before it is drawn: it shows the actions that the visitor may start. */
export async function startSession(): Promise<SessionAnswer | undefined> {
  const session = await ask<SessionAnswer>('/api/session').catch(() => undefined)
  if (session !== undefined && session.name !== '') setToken(session.proof)
  return session
}

/** Who has logged in, and the way out. */
export function SessionBar({ session }: { readonly session: SessionAnswer | undefined }) {
  if (session === undefined || session.name === '') return null
  return (
    <form class="session" method="post" action={`${BASE_PATH}/logout`} aria-label="Who is logged in">
      <Text>{session.name}</Text> <span class="soft">({session.role})</span>
      {session.canLogOut && (
        <button type="submit" class="quiet">
          Log out
        </button>
      )}
    </form>
  )
}
