import { spawn } from 'node:child_process'
import { messageOf } from '@tidemark/core/engine'
import { jsonText } from '../json-text.ts'
import type { Delivery } from './decide-notices.ts'
import type { NoticeMessage } from './notice-message.ts'

const TIMEOUT_MS = 20_000
const MAX_CHARACTERS_SHOWN = 500

/** Runs a program with the message as JSON on stdin; exit code 0 means that it is delivered. */
export function runCommand(command: readonly string[], message: NoticeMessage, folder: string): Promise<Delivery> {
  const [program = '', ...args] = command
  const child = spawn(program, args, {
    cwd: folder,
    stdio: ['pipe', 'ignore', 'pipe'],
    // What it started ends with it.
    detached: true,
    env: { ...process.env, TIDEMARK_NOTICE_TITLE: message.title },
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-MAX_CHARACTERS_SHOWN)
  })
  // It need not read what it is given.
  child.stdin.on('error', () => {})
  child.stdin.end(`${jsonText(message, 0)}\n`)
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      kill(child.pid)
      resolve({ outcome: 'unknown', message: `${program} did not end within ${TIMEOUT_MS / 1000} s` })
    }, TIMEOUT_MS)
    const end = (delivery: Delivery): void => {
      clearTimeout(timer)
      resolve(delivery)
    }
    child.once('error', (error) => end({ outcome: 'refused', message: messageOf(error) }))
    child.once('close', (code, signal) => {
      if (code === 0) return end({ outcome: 'delivered' })
      const how = signal === null ? `ended with ${code}` : `was ended by ${signal}`
      const why = said.trim() === '' ? '' : `: ${said.trim()}`
      end({ outcome: signal === null ? 'refused' : 'unknown', message: `${program} ${how}${why}` })
    })
  })
}

function kill(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It ended meanwhile.
  }
}
