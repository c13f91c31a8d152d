/** The real program, started as a user would start it, at a time of the test's choice. */
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Running {
  /** `http://127.0.0.1:40123`, or the address of a simulated DTU. */
  url: string
  /** Ends it and waits until it has. */
  stop(): Promise<void>
  /** Ends it as a power cut would. */
  kill(): Promise<void>
}

const PATIENCE_MS = 150_000

function program(): string {
  const path = process.env['HOYMILES_SMILES'] ?? new URL('../../target/debug/hoymiles-smiles', import.meta.url).pathname
  if (!existsSync(path)) throw new Error(`${path} is missing: run \`cargo build\` first`)
  return path
}

/** libfaketime, which shows a program another time of day. */
function otherTime(at: string): Record<string, string> {
  const [library] = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64', '/usr/lib']
    .map((dir) => `${dir}/faketime/libfaketime.so.1`)
    .filter((path) => existsSync(path))
  if (!library) throw new Error('libfaketime is missing: scripts/setup-test.sh installs it')
  return { LD_PRELOAD: library, FAKETIME: `@${at}`, FAKETIME_DONT_FAKE_MONOTONIC: '1' }
}

/** Starts the program; `at` is a local time in Berlin, `2026-06-21 13:20:00`. */
async function start(args: string[], settings: Record<string, string>, at: string, sign: RegExp): Promise<Running> {
  const child = spawn(program(), args, {
    env: { PATH: '/usr/bin:/bin', TZ: 'Europe/Berlin', ...otherTime(at), ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const found = await until(child, sign)
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const end = (signal: NodeJS.Signals) => {
    child.kill(signal)
    return ended
  }
  return { url: found, stop: () => end('SIGTERM'), kill: () => end('SIGKILL') }
}

function until(child: ChildProcess, sign: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let log = ''
    const timer = setTimeout(() => fail('did not start in time'), PATIENCE_MS)
    const fail = (why: string) => reject(new Error(`the program ${why}:\n${log.slice(-4000)}`))
    const read = (piece: Buffer) => {
      log += piece.toString()
      const [, found] = sign.exec(log) ?? []
      if (!found) return
      clearTimeout(timer)
      resolve(found)
    }
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
    child.once('exit', (code) => {
      clearTimeout(timer)
      fail(`ended with ${code}`)
    })
  })
}

const LISTENS = /listening on (http:\/\/[\d.:]+)/

const COMMON = { HEALTH_HOST: '127.0.0.1', HEALTH_PORT: '0', TIMEZONE: 'Europe/Berlin' }

/** `hoymiles-smiles demo` on a data directory, whose history it makes or goes on with. */
export function demo(dataDir: string, at: string, settings: Record<string, string> = {}, days = 40): Promise<Running> {
  return start(['demo', '--days', String(days)], { ...COMMON, DATA_DIR: dataDir, ...settings }, at, LISTENS)
}

/** `hoymiles-smiles run` in an empty data directory of its own. */
export async function bridge(settings: Record<string, string>, at: string): Promise<Running> {
  const dataDir = await mkdtemp(join(tmpdir(), 'smiles-web-'))
  const running = await start(['run'], { ...COMMON, DATA_DIR: dataDir, QUERY_PERIOD: '5', ...settings }, at, LISTENS)
  const clean = () => rm(dataDir, { recursive: true, force: true })
  return {
    url: running.url,
    stop: () => running.stop().then(clean),
    kill: () => running.kill().then(clean),
  }
}

/** A simulated DTU; its `url` is host and port. */
export function dtu(at: string, listen = '127.0.0.1:0', ports = 8): Promise<Running> {
  return start(['simulate', '--listen', listen, '--ports', String(ports)], { DATA_DIR: tmpdir() }, at, /ports on ([\d.:]+)/)
}
