import { codeOf, delay, systemClock } from '@bzzz/base'
import { nowMs } from '../cluster-node.js'
import type { Call } from '../history.js'
import type { HttpAnswer, HttpSession } from './http-session.js'

/** Longest wait for one answer: above the wait for replicas that a coordinator allows by default, 2 s. */
const TRY_MS = 3_000
/** A client tries a write again, under the same operation id, for this long. */
const RETRY_FOR_MS = 15_000
/** Before the second try; each further wait is twice as long, so that what is slow is not made slower. */
const RETRY_AFTER_MS = 250

/** What these codes answer has had no effect. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set(['DHT_UNAVAILABLE', 'HYBRID_BACKLOG_FULL'])

const query = (fields: Readonly<Record<string, string | undefined>>): string => {
  const stated = Object.entries(fields).filter((field): field is [string, string] => !!field[1])
  return stated.length === 0 ? '' : `?${new URLSearchParams(stated).toString()}`
}

const codeIn = ({ status, body }: HttpAnswer): string => {
  const code = /"code":"([A-Z_0-9]+)"/.exec(body)?.[1]
  return code ?? `HTTP ${status}`
}

const fail = (call: Call, outcome: Call['outcome'], problem: string): void => {
  call.outcome = outcome
  call.problem = problem
}

/** One try; false when the call should be tried again. */
const tryOnce = async (session: HttpSession, call: Call): Promise<boolean> => {
  call.tries += 1
  const answer = await (call.kind === 'get' ? sendGet : sendPut)(session, call)
  return call.kind === 'get' ? judgeGet(call, answer) : judgePut(call, answer)
}

const sendGet = (session: HttpSession, { key, level }: Call): Promise<HttpAnswer> =>
  session.call({
    method: 'GET',
    target: `/v1/records/${key}${query({ level })}`,
    headers: { accept: 'application/octet-stream' },
    timeoutMs: TRY_MS,
    mayRepeat: true,
  })

const sendPut = (
  session: HttpSession,
  { key, level, value, expected }: Call,
): Promise<HttpAnswer> => {
  const expectedVersion = expected === undefined ? undefined : (expected?.version ?? 'absent')
  return session.call({
    method: 'PUT',
    target: `/v1/records/${key}${query({ level, opId: value, expectedVersion })}`,
    headers: { 'content-type': 'application/octet-stream' },
    body: value ?? '',
    timeoutMs: TRY_MS,
    mayRepeat: expected === undefined,
  })
}

const judgeGet = (call: Call, answer: HttpAnswer): boolean => {
  if (answer.status === 200) {
    call.outcome = 'ok'
    call.found = answer.body
    if (answer.etag !== undefined) call.version = answer.etag
    return true
  }
  const code = codeIn(answer)
  if (code === 'API_RECORD_NOT_FOUND') {
    call.outcome = 'ok'
    call.found = null
  } else fail(call, answer.status === 503 ? 'unavailable' : 'unknown', code)
  return true
}

const judgePut = (call: Call, answer: HttpAnswer): boolean => {
  const { status, body } = answer
  if (status === 200 || status === 202) {
    call.outcome = status === 200 ? 'ok' : 'pending'
    call.version = (JSON.parse(body) as { version: string }).version
    return true
  }
  const code = codeIn(answer)
  const isFirst = call.tries === 1
  if (code === 'DHT_CONFLICT' && isFirst) {
    fail(call, 'conflict', code)
    return true
  }
  const isWithout = isFirst && WITHOUT_EFFECT.has(code)
  fail(call, isWithout ? 'unavailable' : 'unknown', code)
  return isWithout || status < 500
}

/** Conditional writes are not tried again: what a second refusal says of the first try is not known. */
const mayRetry = ({ kind, expected }: Call): boolean => kind === 'put' && expected === undefined

/** Makes the call, with retries under its one operation id, and fills in what came of it. Never rejects. */
export const perform = async (
  session: HttpSession,
  call: Call,
  isGivenUp: () => boolean,
): Promise<void> => {
  const endMs = nowMs() + RETRY_FOR_MS
  for (;;) {
    try {
      if (await tryOnce(session, call)) break
    } catch (error) {
      fail(call, 'unknown', codeOf(error) ?? 'CLIENT_ERROR')
    }
    if (!mayRetry(call) || nowMs() > endMs || isGivenUp()) break
    await delay(systemClock, RETRY_AFTER_MS * 2 ** (call.tries - 1))
  }
  call.endedMs = nowMs()
}
