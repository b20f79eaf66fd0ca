import { createHash, timingSafeEqual } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import { secureHeaders } from 'hono/secure-headers'

/** Security headers of every response: the page loads nothing from other sites, and other sites cannot embed it. */
export const headers: MiddlewareHandler = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'"],
    connectSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
    requireTrustedTypesFor: ["'script'"],
    trustedTypes: ["'none'"],
  },
  crossOriginResourcePolicy: 'same-origin',
  crossOriginOpenerPolicy: 'same-origin',
  referrerPolicy: 'no-referrer',
  xFrameOptions: 'DENY',
  strictTransportSecurity: false,
})

/** Names of this machine. A request with another name is DNS rebinding. */
const OWN = new Set(['127.0.0.1', 'localhost', '[::1]'])

/**
 * Refuses requests that another page causes: with a host that is not this machine, or an origin that is not this page. Any
 * port is allowed, so that a tunnel works.
 */
export const sameMachine: MiddlewareHandler = async (c, next) => {
  const host = c.req.header('host') ?? ''
  if (!OWN.has(host.toLowerCase().replace(/:\d+$/, '')))
    return c.text('Open the dashboard as 127.0.0.1 or localhost.', 403)
  const origin = c.req.header('origin')
  if (origin !== undefined && origin !== `http://${host}`)
    return c.text('Requests from another origin are refused.', 403)
  const site = c.req.header('sec-fetch-site')
  const isOwn = site === undefined || site === 'same-origin' || site === 'none'
  // A link on another site may open the page; only the page itself may request its data.
  if (!isOwn && c.req.path.startsWith('/api/')) return c.text('Requests from another site are refused.', 403)
  return await next()
}

/** Allows requests that have the token and come from the page itself. */
export function withToken(token: string): MiddlewareHandler {
  const wanted = digest(token)
  return async (c, next) => {
    if (c.req.header('origin') === undefined)
      return c.json(refused('actions are accepted only from the dashboard page'), 403)
    const given = c.req.header('x-tidemark-token') ?? ''
    // Digests have equal lengths, so comparing them takes constant time.
    if (!timingSafeEqual(digest(given), wanted))
      return c.json(refused('the token is wrong or missing: open the address that "tidemark ui" printed'), 401)
    return await next()
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function refused(message: string): object {
  return { error: { message, remedy: null, code: 'refused' } }
}
