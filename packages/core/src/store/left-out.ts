/** How the reason of a table begins that its feed has paused: a resync has the feed read again, and lifts the pause. */
const LEFT_OUT = 'its changes are left out'

/** Why a table waits whose feed continues without it. */
export const leftOutFor = (why: string): string => `${LEFT_OUT}: ${why}`

/** Whether a table waits because its feed continues without it. */
export const isLeftOut = (pausedFor: string): boolean => pausedFor.startsWith(LEFT_OUT)
