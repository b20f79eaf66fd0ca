import { onTestFinished } from 'vitest'
import type { Running, TestProject } from '../test-project.ts'

export interface Ui {
  /** As it was printed: with the token, where there is one. */
  readonly address: string
  readonly origin: string
  readonly port: number
  readonly token: string | undefined
  readonly running: Running
  stop(): Promise<void>
}

/** Starts `tidemark ui` of a project as a real process, at a port that is free, and waits for its address. */
export async function startUi(
  project: Pick<TestProject, 'start'>,
  args: readonly string[] = [],
  environment: Record<string, string> = {},
): Promise<Ui> {
  const words = args.includes('--port') ? args : ['--port', '0', ...args]
  const running = project.start(['ui', ...words], environment)
  let said = ''
  const address = await new Promise<string>((resolve, reject) => {
    running.child.stdout?.on('data', (chunk: string) => {
      said += chunk
      const found = /http:\/\/127\.0\.0\.1:\d+\/\S*/.exec(said)?.[0]
      if (found !== undefined) resolve(found)
    })
    void running.ended.then(({ code, stderr }) => reject(new Error(`ended with ${code}: ${stderr}`)))
  })
  const stop = async (): Promise<void> => {
    running.child.kill('SIGTERM')
    await running.ended
  }
  onTestFinished(stop)
  const { origin, port, hash } = new URL(address)
  return { address, origin, port: Number(port), token: /token=(.+)/.exec(hash)?.[1], running, stop }
}
