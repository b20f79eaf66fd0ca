export interface LoginPage {
  readonly basePath: string
  readonly isByToken: boolean
  readonly problem: string | undefined
  /** The path to open afterwards. */
  readonly next: string
}

/** The form to log in, which needs no script. */
export function loginPage({ basePath, isByToken, problem, next }: LoginPage): string {
  const name = isByToken
    ? ''
    : '<label>Name <input name="name" autocomplete="username" autocapitalize="none" required autofocus></label>'
  const label = isByToken ? 'Token' : 'Password'
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>Log in · Tidemark</title>
    <link rel="icon" href="${basePath}/mark.svg" type="image/svg+xml">
    <link rel="stylesheet" href="${basePath}/app.css">
  </head>
  <body>
    <main class="login">
      <h1>Tidemark</h1>
      <form method="post" action="${basePath}/login">
        <input type="hidden" name="next" value="${escaped(next)}">
        ${name}
        <label>${label} <input type="password" name="password" autocomplete="current-password" required></label>
        ${problem === undefined ? '' : `<p class="wrong" role="alert">${escaped(problem)}</p>`}
        <button class="main">Log in</button>
      </form>
    </main>
  </body>
</html>
`
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

const escaped = (text: string): string => text.replace(/[&<>"]/g, (one) => ENTITIES[one] ?? one)
