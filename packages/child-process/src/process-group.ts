import { type ChildProcess, spawn } from 'node:child_process'
import type { EventEmitter } from 'node:events'
import type { LineProcessOptions } from './line-process-options.ts'

/** The file descriptor whose end tells the group that this process is gone. */
const LIFELINE = 5

/**
 * The command as the leader of a group of its own. Beside it in the group waits a shell for the end of the lifeline, which this
 * process holds open: whatever ends this process, SIGKILL too, then ends the whole group. It also keeps the group's number
 * from being given to others.
 */
const SCRIPT = `((trap '' HUP INT TERM; read -r line <&${LIFELINE}; kill -KILL 0) </dev/null >/dev/null 2>&1 3>&- 4>&- &)
exec "$@" ${LIFELINE}<&-`

/** Starts a command in a process group of its own, which ends when this process does. */
export function spawnGroup({ command, args = [], cwd, env, lines, input }: LineProcessOptions): ChildProcess {
  const close = `${lines === 'fd3' ? '' : ' 3>&-'}${input === 'fd4' ? '' : ' 4<&-'}`
  return spawn('/bin/sh', ['-c', `${SCRIPT}${close}`, command, command, ...args], {
    cwd,
    env: env ?? process.env,
    detached: true,
    stdio: [
      input === 'stdin' ? 'pipe' : 'ignore',
      'pipe',
      'pipe',
      lines === 'fd3' ? 'pipe' : 'ignore',
      input === 'fd4' ? 'pipe' : 'ignore',
      'pipe',
    ],
  })
}

/** What the group waits on: it ends with this process. */
export function lifelineOf(child: ChildProcess): EventEmitter {
  return (child.stdio as readonly unknown[])[LIFELINE] as EventEmitter
}

/** Signals every process of a group; one that is gone needs none. */
export function signalGroup(leader: number | undefined, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (leader === undefined) return
  try {
    process.kill(-leader, signal)
  } catch {
    // ESRCH: all are gone. EPERM: those that are left belong to another user.
  }
}
