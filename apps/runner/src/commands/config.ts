import { EXIT } from '@tidemark/engine'
import type { Command } from 'commander'
import { configDocument } from '../config-document.ts'
import type { ConfigDocument, ConfigSource } from '../config-view.ts'
import { redactDeep } from '../redact-deep.ts'
import type { Call } from '../session.ts'
import { oneLine } from '../show/plain.ts'
import { textTable } from '../show/text-table.ts'
import { type Tone, toned, tonedLabel } from '../show/tone.ts'
import { type AddVerb, examples } from '../verb.ts'

/** Shows the config as Tidemark understands it, and where each value comes from. @returns 2 if something in it is wrong. */
export async function showConfig(call: Call): Promise<number> {
  const { terminal, secrets } = call
  const document = redactDeep(await configDocument(call), secrets.redact)
  const exitCode = document.problem === null ? EXIT.ok : EXIT.config
  terminal.printJson({ ...document, exitCode })
  terminal.print(configText(document, terminal.columns))
  return exitCode
}

function configText(document: ConfigDocument, columns: number | undefined): string {
  const { project, file, problem, destination, sources } = document
  const settings = [...document.settings, ...sources.flatMap((source) => source.settings)]
  return [
    `project: ${project}`,
    `config: ${file ?? 'none; every setting has its default'}`,
    ...(destination === null ? [] : [`destination: ${destination}`]),
    '',
    textTable(
      ['setting', 'value', 'from'],
      settings.map(({ path, value, from }) => [path, value, from]),
      { width: 80, columns },
    ),
    '',
    sources.length === 0
      ? 'No source is installed. Add one: pnpm add @tidemark/source-git'
      : textTable(
          ['source', 'package', 'state'],
          sources.map(({ name, package: from, version, state }) => [name, `${from}@${version}`, state]),
          { columns, tone: (text, name) => (name === 'state' ? TONES[text as ConfigSource['state']] : undefined) },
        ),
    ...sources.flatMap(({ name, state, problems, snippet }) => [
      ...problems.map((one) =>
        tonedLabel(`${state === 'broken' ? 'failed' : 'missing'}: ${oneLine(name)}: ${oneLine(one)}`),
      ),
      ...(state === 'incomplete' && snippet !== null ? ['', `To configure ${oneLine(name)}, paste:`, '', snippet] : []),
    ]),
    ...(problem === null ? [] : ['', `${toned('bad', 'error:')} ${problem}`]),
  ].join('\n')
}

const TONES: Readonly<Record<ConfigSource['state'], Tone | undefined>> = {
  configured: 'good',
  incomplete: 'warn',
  broken: 'bad',
  off: 'soft',
  unchecked: undefined,
}

/** `config` and its subcommands. */
export const addConfig: AddVerb = (root, run) => {
  const own = root
    .command('config')
    .description('show the config, and where each value comes from')
    .addHelpText('after', examples('tidemark config show'))
  own
    .command('show', { isDefault: true })
    .description('show the config; secrets and values of variables are ***')
    .addHelpText('after', examples('tidemark config show', 'tidemark config show --json'))
    .action((_: unknown, command: Command) => run(command, showConfig))
}
