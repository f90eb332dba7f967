import { readFile } from 'node:fs/promises'
import { describe, expect, test } from '@jest/globals'
import { apiError } from '@bzzz/api'
import { reportError } from '../src/cli/report-error.js'
import { usageError } from '../src/cli/usage-error.js'
import { coordinatorError } from '../src/errors.js'
import { fakeIo, runInProcess } from './support/in-process.js'

describe('wrong usage', () => {
  test.each([
    [['nonsense'], 'unknown command'],
    [['put'], 'missing required argument'],
    [['put', 'k'], 'the value is missing'],
    [['put', 'k', 'v', '--file', '/dev/null'], 'twice'],
    [['get', 'k', '--level', 'some'], 'level'],
    [['get', 'k', '--nonsense'], 'unknown option'],
    [['get', ''], 'the key is empty'],
    [
      ['put', 'k', 'v', '--if-version', 'x'],
      '--if-version: write a version, <milliseconds>.<counter>.<writer>, or absent',
    ],
    [['put', 'k', 'v', '--timeout-ms', '0'], '--timeout-ms'],
    [['get', 'k', '--token-file', 'x'], 'is for a coordinator at --url'],
    [
      ['get', 'k', '--url', 'http://127.0.0.1:1', '--token-file', 'nosuchfile'],
      'there is no token at nosuchfile',
    ],
    [['demo', '--nodes', '0'], '1 to 9'],
    [['demo', '--nodes', '10'], '1 to 9'],
    [['import', '.', '--concurrency', '65'], '1 to 64'],
    [['start', '--http-port', '99999'], '65535'],
    [['config', 'explain', '--config', '/nowhere.yaml'], 'there is no such file'],
  ])('%j', async (args, message) => {
    const [result, asJson] = await Promise.all([
      runInProcess(args),
      runInProcess([...args, '--json']),
    ])
    expect(result).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(message) })
    expect(asJson).toMatchObject({ code: 2, stdout: '' })
    expect(JSON.parse(asJson.stderr)).toMatchObject({
      error: { message: expect.stringContaining(message) },
    })
  })

  test('a misspelt variable is told before anything is done', async () => {
    const result = await runInProcess(['status'], { BZZZ_HTP_PORT: '1' })
    expect(result.code).toBe(2)
    expect(result.stderr).toContain('BZZZ_HTTP_PORT')
  })
})

describe('remedies', () => {
  test('name what a command line can do, as the user calls it', () => {
    const io = { ...fakeIo(), program: 'npx bzzz' }
    reportError(usageError('no'), io, false)
    expect(io.text.err).toContain('`npx bzzz <command> --help`')
    reportError(coordinatorError('COORDINATOR_NOT_RUNNING', 'no'), io, false)
    expect(io.text.err).toContain('`npx bzzz start`')
    reportError(apiError('API_TOKEN_REQUIRED', 'no'), io, false)
    expect(io.text.err).toContain('--token-file')
    expect(io.text.err).not.toContain('Authorization')
  })
})

describe('help', () => {
  test('of the program and of every command; the version', async () => {
    const help = await runInProcess(['--help'])
    expect(help.code).toBe(0)
    const names = [...help.stdout.matchAll(/^ {2}([a-z]+)(?= )/gm)].map(([, name]) => name ?? '')
    expect(names).toEqual(
      expect.arrayContaining(['start', 'status', 'put', 'get', 'del', 'peers', 'import', 'demo']),
    )
    for (const name of [...names.filter((each) => each !== 'help'), 'config explain']) {
      const result = await runInProcess([...name.split(' '), '--help'])
      expect(result).toMatchObject({ code: 0, stdout: expect.stringContaining(`bzzz ${name}`) })
    }
    const { version } = JSON.parse(
      await readFile(new URL('../package.json', import.meta.url), 'utf8'),
    ) as { version: string }
    expect(await runInProcess(['--version'])).toEqual({
      code: 0,
      stdout: `${version}\n`,
      stderr: '',
    })
  })

  test('without a command: the help, and exit code 2', async () => {
    const result = await runInProcess([])
    expect(result).toMatchObject({ code: 2, stderr: expect.stringContaining('Usage: bzzz') })
  })
})
