/**
 * Keeps the exit code of the process. The package that brings the server ends the process with code 0 as soon as there is
 * nothing left to do, whatever code was set: tests that failed would look as if they had passed.
 */
export function keepExitCode(): void {
  let code: number | undefined
  process.on('beforeExit', (given) => {
    code = given
  })
  process.on('exit', () => {
    if (code !== undefined) process.exitCode = code
  })
}
