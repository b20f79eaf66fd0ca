// Node's SQLite calls itself experimental and a config without "type": "module" is read twice: neither is news for a user.
const QUIET = new Set(['ExperimentalWarning', 'MODULE_TYPELESS_PACKAGE_JSON'])

/** Keeps Node's own warnings off stderr where they say nothing to a user; the others are printed as before. */
export function quietWarnings(): void {
  process.removeAllListeners('warning')
  process.on('warning', (warning: Error & { readonly code?: string }) => {
    if (QUIET.has(warning.name) || QUIET.has(warning.code ?? '')) return
    process.stderr.write(`(node) ${warning.name}: ${warning.message}\n`)
  })
}
