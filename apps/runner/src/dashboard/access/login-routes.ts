import type { Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { type Access, SESSION_COOKIE } from './access.ts'
import { Attempts } from './attempts.ts'
import { loginPage } from './login-page.ts'
import { viewOf } from './request-view.ts'

/** Adds the form to log in, and the way out. */
export function addLogin(app: Hono, access: Access, basePath: string): void {
  const { login, trust } = access
  if (login === undefined) return
  const attempts = new Attempts()
  const cookie = (c: Context) =>
    ({
      ...{ path: basePath === '' ? '/' : basePath, httpOnly: true, sameSite: 'Lax' as const },
      secure: viewOf(c, trust).scheme === 'https',
    }) as const
  const page = (c: Context, status: 200 | 401 | 429, problem?: string) => {
    c.header('cache-control', 'no-store')
    return c.html(
      loginPage({ basePath, isByToken: login.isByToken, problem, next: nextOf(c.req.query('next')) }),
      status,
    )
  }

  app.get('/login', (c) => page(c, 200))
  app.post('/login', bodyLimit({ maxSize: 8192 }), async (c) => {
    const form = new URLSearchParams(await c.req.text())
    const [name, password] = [form.get('name') ?? '', form.get('password') ?? '']
    const checked = await attempts.check(viewOf(c, trust).address, () => login.verify(name, password))
    if (checked === undefined) {
      c.header('retry-after', '60')
      return page(c, 429, 'Too many attempts. Wait a minute.')
    }
    if (checked.user === undefined)
      return page(c, 401, login.isByToken ? 'The token is wrong.' : 'The name or the password is wrong.')
    setCookie(c, SESSION_COOKIE, login.sessions.begin(checked.user.name), cookie(c))
    return c.redirect(`${basePath}${nextOf(form.get('next') ?? undefined)}`, 303)
  })
  app.post('/logout', (c) => {
    const key = getCookie(c, SESSION_COOKIE)
    if (key !== undefined) login.sessions.end(key)
    deleteCookie(c, SESSION_COOKIE, cookie(c))
    return c.redirect(`${basePath}/login`, 303)
  })
}

/** A path of this dashboard: a link may not lead elsewhere. */
export function nextOf(text: string | undefined): string {
  return text !== undefined && /^\/(?![/\\])[^\u0000-\u001f\\]*$/.test(text) ? text : '/'
}
