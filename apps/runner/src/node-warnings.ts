// Node's SQLite calls itself experimental and a config without "type": "module" is parsed twice: neither matters to a user.
const QUIET = new Set(['ExperimentalWarning', 'MODULE_TYPELESS_PACKAGE_JSON'])

/** Hides those of Node's own warnings that do not matter to a user; prints the others as before. */
export function quietWarnings(): void {
  process.removeAllListeners('warning')
  process.on('warning', (warning: Error & { readonly code?: string }) => {
    if (QUIET.has(warning.name) || QUIET.has(warning.code ?? '')) return
    process.stderr.write(`(node) ${warning.name}: ${warning.message}\n`)
  })
}
