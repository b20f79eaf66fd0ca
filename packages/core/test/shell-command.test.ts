import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { commandWords, quotedCommand, shellCommands, shellWord } from '../src/values/shell-command.ts'

const NAMES = [
  'git_commits',
  'orders.2024',
  'x$(touch owned)',
  '`touch owned`',
  "it's",
  'a "b" c',
  'a\\',
  '\\"$(touch owned)',
  "'; touch owned; '",
  '-rf',
  '--help',
  '--',
  '!!',
  'a!b',
  '=touch',
  '~',
  '*',
  '#no comment',
  'a&b|c>owned',
  '<id>',
  '(sub)',
  '{a,b}',
  '',
  ' ',
  'two\nlines',
  "two\n'lines' $(touch owned) \\ 100 %s!",
  'its end\n\n',
  '\tx\r',
  'a\u001b[31mred',
  'turned \u202e round',
  'naïve 日本 👍',
  'select * from "a$b" where x = \'y\'',
]
const SHELLS = ['sh', 'bash', 'dash'].filter((shell) => spawnSync(shell, ['-c', ':']).status === 0)

describe.each(SHELLS)('a command that is pasted into %s', (shell) => {
  it.each(NAMES)('has the argument %j, and does nothing else', (name) => {
    const text = shellCommands('tidemark')('resync', [name], '--full')
    const { argv, made } = pasted(shell, text)
    expect(argv).toEqual(name.startsWith('-') ? ['resync', '--full', '--', name] : ['resync', name, '--full'])
    expect(made).toEqual([])
    // What a terminal would obey, or not show, is not in it. Line ends at the end are, where they stay one word.
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/)
  })
})

it('a message puts a command in quotes where those of its names do not end them', () => {
  expect(quotedCommand('resync', ['git_commits'], '--full')).toBe('"tidemark resync git_commits --full"')
  expect(quotedCommand('resync', ['x$(id)'], '--full')).toBe("tidemark resync 'x$(id)' --full")
  expect(quotedCommand('resync', ['a b'])).toBe('tidemark resync "a b"')
})

it('plain words stay as they are', () => {
  expect(['git_commits', '2026-01-01T00:00:00Z', '--every=5m', 'a/b.c'].map(shellWord).join(' ')).toBe(
    'git_commits 2026-01-01T00:00:00Z --every=5m a/b.c',
  )
})

/** What a program of that name is called with, and the files that came to be on the way. */
function pasted(shell: string, text: string): { readonly argv: readonly string[]; readonly made: readonly string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-shell-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const stub = join(folder, 'tidemark')
  writeFileSync(stub, '#!/bin/sh\nfor word; do printf "%s\\0" "$word"; done\n')
  chmodSync(stub, 0o755)
  const { stdout } = spawnSync(shell, ['-c', text], {
    cwd: folder,
    env: { PATH: `${folder}:${process.env['PATH']}` },
    encoding: 'utf8',
  })
  return { argv: stdout.split('\0').slice(0, -1), made: readdirSync(folder).filter((one) => one !== 'tidemark') }
}

it('gives the same as the words of a program, with what all commands are given in front', () => {
  const words = commandWords(['--config', 'my config.ts'])
  expect(words('sync', ["it's"], '--from', '-5')).toEqual(['--config', 'my config.ts', 'sync', "it's", '--from', '-5'])
  expect(words('rejects drop', ['--x'], '--yes')).toEqual([
    ...['--config', 'my config.ts', 'rejects', 'drop', '--yes', '--', '--x'],
  ])
})
