import { createHash, timingSafeEqual } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import { secureHeaders } from 'hono/secure-headers'

/** What every answer says to a browser: nothing from elsewhere is loaded, nothing here is shown elsewhere. */
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

/** Names by which this machine calls itself. Another one leads here only by DNS rebinding. */
const OWN = new Set(['127.0.0.1', 'localhost', '[::1]'])

/**
 * Refuses what another page has a hand in: a name that is not this machine's, an origin that is not this page's. The
 * port is free, so that a tunnel to here works.
 */
export const sameMachine: MiddlewareHandler = async (c, next) => {
  const host = c.req.header('host') ?? ''
  if (!OWN.has(host.toLowerCase().replace(/:\d+$/, '')))
    return c.text('This address is answered only as 127.0.0.1 or localhost.', 403)
  const origin = c.req.header('origin')
  if (origin !== undefined && origin !== `http://${host}`) return c.text('Another origin is not answered.', 403)
  const site = c.req.header('sec-fetch-site')
  const isOwn = site === undefined || site === 'same-origin' || site === 'none'
  // A link from elsewhere may open the page; what the page holds is for itself alone.
  if (!isOwn && c.req.path.startsWith('/api/')) return c.text('Another site is not answered.', 403)
  return await next()
}

/** Lets pass who knows the token and comes from the page itself. */
export function withToken(token: string): MiddlewareHandler {
  const wanted = digest(token)
  return async (c, next) => {
    if (c.req.header('origin') === undefined) return c.json(refused('an action comes from the page itself'), 403)
    const given = c.req.header('x-tidemark-token') ?? ''
    // Digests are of one length, so that comparing takes one time.
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
