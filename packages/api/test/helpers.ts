import { codeOf, messageOf } from '@bzzz/base'
import type { InputOf } from '../src/operations.js'

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** `CODE: message` of what a call throws; empty when it does not. */
export const refusal = (call: () => unknown): string => {
  try {
    call()
  } catch (error) {
    return `${codeOf(error) ?? ''}: ${messageOf(error)}`
  }
  return ''
}

export const VERSION = { wallMs: 1_700_000_000_000, counter: 7, writer: '12D3KooWme' }

export const RECEIPT = {
  key: 'k',
  version: VERSION,
  opId: 'op',
  outcome: 'acknowledged',
  level: 'quorum',
  heldBy: ['a', 'b'],
  replicas: 3,
  durability: 'disk',
} as const

export const PUT: InputOf<'put'> = { key: 'k', value: bytes('v') }
