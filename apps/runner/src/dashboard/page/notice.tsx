import type { ComponentChildren } from 'preact'
import type { TroubleAnswer } from '../answers.ts'
import { Icon } from './icon.tsx'
import { Text } from './text.tsx'

const TITLES: Readonly<Record<string, string>> = {
  'destination-missing': 'The database does not exist',
  'destination-locked': 'The database is locked',
  'destination-newer': 'The database belongs to a newer version of Tidemark',
  'destination-older': 'The database belongs to an older version of Tidemark',
  'destination-corrupt': 'The database is damaged',
  'destination-unavailable': 'The database cannot be reached',
  'not-found': 'Not found',
  unreachable: 'The dashboard has stopped',
}

/** What is wrong, and how to fix it. */
export function TroubleNotice({ trouble }: { readonly trouble: TroubleAnswer }) {
  return (
    <div class="notice bad" role="alert">
      <Icon name="warn" />
      <div>
        <strong>{TITLES[trouble.code ?? ''] ?? 'Something went wrong'}</strong>
        <p>
          <Text>{trouble.message}</Text>
        </p>
      </div>
    </div>
  )
}

/** An empty state, with how to fill it. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ComponentChildren }) {
  return (
    <div class="empty">
      <svg viewBox="0 0 64 32" aria-hidden="true">
        <path d="M4 12c7 0 7 5 14 5s7-5 14-5 7 5 14 5 7-5 14-5M4 22c7 0 7 5 14 5s7-5 14-5 7 5 14 5 7-5 14-5" />
      </svg>
      <strong>{title}</strong>
      {children}
    </div>
  )
}
