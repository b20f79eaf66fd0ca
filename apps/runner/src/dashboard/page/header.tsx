import { useState } from 'preact/hooks'
import { Icon } from './icon.tsx'
import { useLive } from './live.ts'
import { type Place, router } from './router.ts'

const CONNECTIONS = {
  live: ['good', 'Live'],
  connecting: ['off', 'Connecting'],
  lost: ['bad', 'Not connected'],
} as const

const PAGES: readonly { readonly href: string; readonly title: string; readonly paths: readonly string[] }[] = [
  { href: '/', title: 'Tables', paths: ['/', '/table', '/source'] },
  { href: '/runs', title: 'Runs', paths: ['/runs', '/run'] },
  { href: '/changes', title: 'Changes', paths: ['/changes'] },
  { href: '/config', title: 'Config', paths: ['/config'] },
]

/** The name, the navigation, the connection and the theme. */
export function Header({ place }: { readonly place: Place }) {
  const { connection, trouble } = useLive()
  const [tone, word] =
    trouble !== null && connection === 'live' ? (['bad', 'Database trouble'] as const) : CONNECTIONS[connection]
  return (
    <header class="top">
      <div>
        <a class="brand" href={router.to('/')}>
          <img src={router.to('/mark.svg')} alt="" width="26" height="26" />
          Tidemark
        </a>
        <nav aria-label="Pages">
          {PAGES.map(({ href, title, paths }) => (
            <a key={href} href={router.to(href)} aria-current={paths.includes(place.path) ? 'page' : undefined}>
              {title}
            </a>
          ))}
        </nav>
        <span class={`connection ${tone}`} role="status">
          <span class="dot" aria-hidden="true" />
          {word}
        </span>
        <ThemeButton />
      </div>
    </header>
  )
}

function isDark(): boolean {
  const chosen = document.documentElement.dataset['theme']
  return chosen === undefined ? matchMedia('(prefers-color-scheme: dark)').matches : chosen === 'dark'
}

function ThemeButton() {
  const [dark, setDark] = useState(isDark)
  const change = (): void => {
    const theme = dark ? 'light' : 'dark'
    document.documentElement.dataset['theme'] = theme
    setDark(!dark)
    try {
      localStorage.setItem('tidemark-theme', theme)
    } catch {
      // Without storage the choice lasts until the page is closed.
    }
  }
  return (
    <button
      type="button"
      class="quiet round"
      onClick={change}
      aria-label={dark ? 'Use the light theme' : 'Use the dark theme'}
    >
      <Icon name={dark ? 'sun' : 'moon'} />
    </button>
  )
}
