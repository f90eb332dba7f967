import { describe, expect, test } from '@jest/globals'
import { dhtError } from '@bzzz/dht-core'
import { commandInput, commands } from '../src/command.js'
import { apiError } from '../src/errors.js'
import { openApiDocument } from '../src/openapi.js'
import {
  operationNames,
  operations,
  type Handlers,
  type InputOf,
  type OutputOf,
} from '../src/operations.js'
import type { WriteReceipt, DHTRecord, WriteOptions } from '@bzzz/dht-core'
import { routes } from '../src/route.js'
import { streamNames, streams } from '../src/streams.js'
import { bytes, refusal } from './helpers.js'

describe('routes', () => {
  test('each has its own method and path; only writes change anything', () => {
    const all = routes()
    expect(new Set(all.map(({ method, path }) => `${method} ${path}`)).size).toBe(
      operationNames.length,
    )
    for (const { method, role } of all) expect(role === 'write').toBe(method !== 'GET')
    for (const { path } of all) expect(path).toMatch(/^\/v1\/[a-z/-]+\*?$/)
  })

  test('roles', () => {
    expect(Object.fromEntries(routes().map(({ operation, role }) => [operation, role]))).toEqual({
      identity: 'open',
      status: 'read',
      peers: 'read',
      get: 'read',
      put: 'write',
      delete: 'write',
      mode: 'read',
      'mode.set': 'write',
      'mode.clear': 'write',
      rollback: 'write',
      'metrics.hybrid': 'read',
      'dead-letters': 'read',
      'dead-letters.retry': 'write',
      'drill.start': 'write',
      'drill.stop': 'write',
      'drill.status': 'read',
      alerts: 'read',
      'config.explain': 'admin',
    })
  })

  test('every error code that an operation names exists', () => {
    const codes = { ...apiError.table, ...dhtError.table }
    const named = [
      ...operationNames.flatMap((name) => operations[name].errors),
      ...streamNames.flatMap((name) => streams[name].errors),
    ]
    // The others belong to the coordinator and what it is made of; it has the same test.
    for (const code of named.filter((each) => /^(?:API|DHT)_/.test(each)))
      expect(codes).toHaveProperty(code)
  })
})

describe('commands', () => {
  test('read as documented', () => {
    expect(commands().map(({ usage }) => usage)).toEqual([
      'identity',
      'status',
      'peers',
      'get <key>',
      'put <key> <value>',
      'del <key>',
      'metrics',
      'alerts',
      'config explain',
    ])
  })

  test('give the input of their operation', () => {
    expect(
      commandInput('put', ['k', 'vü'], { level: '2', expectedVersion: 'absent', json: 'x' }),
    ).toEqual({
      key: 'k',
      value: bytes('vü'),
      level: 2,
      expectedVersion: null,
    })
    expect(commandInput('put', ['k', new Uint8Array([255])]).value).toEqual(new Uint8Array([255]))
    expect(commandInput('get', ['k'], { timeoutMs: '5', level: undefined })).toEqual({
      key: 'k',
      timeoutMs: 5,
    })
    expect(commandInput('status', [])).toEqual({})
  })

  test('refuse what the operation refuses', () => {
    expect(refusal(() => commandInput('put', ['k']))).toMatch(
      /the command reads: bzzz put <key> <value>/,
    )
    expect(refusal(() => commandInput('get', ['k', 'x']))).toMatch(
      /the command reads: bzzz get <key>/,
    )
    expect(refusal(() => commandInput('get', ['']))).toMatch(/key/)
    expect(refusal(() => commandInput('get', ['k'], { level: 'most' }))).toMatch(
      /level: write local/,
    )
  })
})

describe('OpenAPI', () => {
  const document = openApiDocument({ version: '1.2.3' }) as {
    openapi: string
    paths: Record<
      string,
      Record<string, { operationId: string; security: unknown; parameters: unknown }>
    >
  }

  test('has every operation once, and is plain JSON', () => {
    const found = Object.values(document.paths).flatMap((methods) => Object.values(methods))
    const names = [...operationNames, ...streamNames]
    expect(
      found.map(({ operationId }) => operationId).toSorted((a, b) => (a < b ? -1 : 1)),
    ).toEqual(names.toSorted((a, b) => (a < b ? -1 : 1)))
    expect(JSON.parse(JSON.stringify(document))).toEqual(document)
  })

  test('says where inputs go and who may call', () => {
    const { get, put } = document.paths['/v1/records/{key}'] ?? {}
    expect(put?.security).toEqual([{ token: [] }])
    expect(get?.security).toEqual([{}, { token: [] }])
    expect(get?.parameters).toMatchObject([
      { name: 'key', in: 'path', required: true, schema: { type: 'string', minLength: 1 } },
      { name: 'level', in: 'query', required: false, schema: { type: 'string' } },
      { name: 'timeoutMs', in: 'query', required: false, schema: { type: 'string' } },
      { name: 'allowStale', in: 'query', schema: { enum: ['true', 'false'] } },
      { name: 'explain', in: 'query', schema: { enum: ['true', 'false'] } },
    ])
    expect(put).toMatchObject({
      requestBody: {
        content: {
          'application/octet-stream': { schema: { format: 'binary' } },
          'application/json': { schema: { required: ['value'], additionalProperties: false } },
        },
      },
    })
  })
})

// Compiles only while the table and the DHT contract fit each other.
const handlers = (dht: {
  put(key: string, value: Uint8Array, options: WriteOptions): Promise<WriteReceipt>
  get(key: string): Promise<DHTRecord>
}): Pick<Handlers, 'get' | 'put'> => ({
  put: ({ key, value, ...options }, { signal }) => dht.put(key, value, { ...options, signal }),
  get: ({ key }) => dht.get(key),
})

test('a receipt and a record of the DHT are outputs as they are', async () => {
  const version = { wallMs: 1, counter: 0, writer: 'w' }
  const record: OutputOf<'get'> = { key: 'k', value: bytes(''), version }
  const input: InputOf<'get'> = { key: 'k' }
  const { get } = handlers({
    get: async () => record,
    put: () => Promise.reject(new Error('unused')),
  })
  expect(await get(input, {})).toBe(record)
})
