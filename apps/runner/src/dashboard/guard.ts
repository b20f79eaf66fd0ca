import type { Context, MiddlewareHandler } from 'hono'
import { secureHeaders } from 'hono/secure-headers'
import { type Access, isSame } from './access/access.ts'
import { viewOf } from './access/request-view.ts'

/** Security headers of every response: the page loads nothing from other sites, and other sites cannot embed it. */
export const headers = (hasForm: boolean): MiddlewareHandler =>
  secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'"],
      connectSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: [hasForm ? "'self'" : "'none'"],
      frameAncestors: ["'none'"],
      requireTrustedTypesFor: ["'script'"],
      trustedTypes: ["'none'"],
    },
    crossOriginResourcePolicy: 'same-origin',
    crossOriginOpenerPolicy: 'same-origin',
    // Without a referrer a form would be sent with no origin either, which the guard refuses.
    referrerPolicy: hasForm ? 'same-origin' : 'no-referrer',
    xFrameOptions: 'DENY',
    strictTransportSecurity: false,
  })

/** Names of this machine. A request with another name that is not allowed is DNS rebinding. */
const OWN = new Set(['127.0.0.1', 'localhost', '[::1]'])

/**
 * Refuses requests that another page causes: with a host that is not this machine or allowed, or an origin that is not this
 * page. Any port is allowed, so that a tunnel works.
 */
export function ownRequests({ hosts, trust }: Pick<Access, 'hosts' | 'trust'>): MiddlewareHandler {
  const names = new Set([...OWN, ...hosts.map((name) => name.toLowerCase())])
  return async (c, next) => {
    const { host, scheme } = viewOf(c, trust)
    if (!names.has(host.replace(/:\d+$/, '')))
      return c.text(
        'Open the dashboard as 127.0.0.1 or localhost, or start it with --allowed-hosts for this name.',
        403,
      )
    const origin = c.req.header('origin')
    if (origin !== undefined && origin !== `${scheme}://${host}`)
      return c.text(
        `Requests from another origin are refused. Behind a proxy, start the dashboard with --trust-proxy, and let the proxy set X-Forwarded-Proto.`,
        403,
      )
    const site = c.req.header('sec-fetch-site')
    const isOwn = site === undefined || site === 'same-origin' || site === 'none'
    // A link on another site may open the page; only the page itself may request its data.
    if (!isOwn && (c.req.path.startsWith('/api/') || !isReading(c)))
      return c.text('Requests from another site are refused.', 403)
    return await next()
  }
}

/** Lets in whoever has logged in; others get the form, where there is one. */
export function loggedIn(access: Access, basePath: string): MiddlewareHandler {
  return async (c, next) => {
    if (access.visitorOf(c) !== undefined) return await next()
    const isPage = isReading(c) && !c.req.path.startsWith('/api/')
    if (access.login === undefined)
      return c.json(
        refused('the proxy has authenticated nobody: it has to set the header that --user-header names'),
        401,
      )
    if (!isPage) return c.json(refused('log in again'), 401)
    const { search } = new URL(c.req.url)
    return c.redirect(`${basePath}/login?${new URLSearchParams({ next: `${c.req.path}${search}` })}`, 303)
  }
}

/** Every request that does not only read acts: it needs the role, and the proof that the page itself made it. */
export function mayAct(access: Access): MiddlewareHandler {
  return async (c, next) => {
    if (isReading(c)) return await next()
    const visitor = access.visitorOf(c)
    if (visitor?.proof === undefined || visitor.role !== 'actor')
      return c.json(
        refused(
          access.tellsProof
            ? 'your role is to read; actions need the role actor'
            : 'the dashboard is read-only; start it with --allow-actions',
        ),
        403,
      )
    if (c.req.header('origin') === undefined)
      return c.json(refused('actions are accepted only from the dashboard page'), 403)
    if (!isSame(c.req.header('x-tidemark-token') ?? '', visitor.proof))
      return c.json(refused('the token is wrong or missing: open the address that "tidemark ui" printed'), 401)
    return await next()
  }
}

const isReading = (c: Context): boolean => c.req.method === 'GET' || c.req.method === 'HEAD'

function refused(message: string): object {
  return { error: { message, remedy: null, code: 'refused' } }
}
