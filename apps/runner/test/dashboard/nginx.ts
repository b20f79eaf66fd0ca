import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@tidemark/postgres-server/free-port'
import { onTestFinished } from 'vitest'

const NGINX = '/usr/sbin/nginx'

export const hasNginx = existsSync(NGINX)

export interface NginxOptions {
  readonly dashboard: number
  readonly metrics?: number | undefined
  /** Changes the text of the example further. */
  readonly edit?: (text: string) => string
}

/** A real nginx with the example of `deploy/`, on a free port of this machine, with a certificate of its own. */
export async function startNginx({ dashboard, metrics = 9, edit = (text) => text }: NginxOptions): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-nginx-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
  const subject = ['-subj', '/CN=localhost', '-days', '1']
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', certificate, ...subject],
    {
      stdio: 'ignore',
    },
  )
  const port = await freePort()
  const example = readFileSync(join(import.meta.dirname, '../../../../deploy/nginx.conf'), 'utf8')
  const server = edit(example)
    .replace('listen 443 ssl', `listen 127.0.0.1:${port} ssl`)
    .replace('server_name tidemark.example.com', 'server_name localhost')
    .replace('/etc/ssl/tidemark.example.com.pem', certificate)
    .replace('/etc/ssl/private/tidemark.example.com.key', key)
    .replaceAll('127.0.0.1:4848', `127.0.0.1:${dashboard}`)
    .replaceAll('127.0.0.1:9464', `127.0.0.1:${metrics}`)
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; pid ${folder}/pid; error_log stderr; worker_processes 1; ${process.getuid?.() === 0 ? 'user root;' : ''}
events {}
http { access_log off; ${paths.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
${server} }`,
  )
  const child = spawn(NGINX, ['-p', folder, '-c', join(folder, 'nginx.conf')], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  onTestFinished(async () => {
    child.kill('SIGTERM')
    await ended
  })
  for (let tries = 0; tries < 100; tries++) {
    if (child.exitCode !== null) break
    if (existsSync(join(folder, 'pid')) && (await answers(port))) return port
    await new Promise((done) => setTimeout(done, 50))
  }
  throw new Error(`nginx does not answer: ${said}`)
}

async function answers(port: number): Promise<boolean> {
  const { connect } = await import('node:net')
  return await new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
