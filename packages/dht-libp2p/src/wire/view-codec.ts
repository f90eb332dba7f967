import { baseError, type ByteReader, type ByteWriter } from '@bzzz/base'
import type { Member, PendingView } from '../view.js'
import {
  ADDRESS_BYTES_MAX,
  ADDRESSES_MAX,
  ID_BYTES_MAX,
  MEMBERS_MAX,
  PENDING_VIEWS_MAX,
} from '../limits.js'
import { readFlag } from './record-codec.js'

/** What a node tells of its view: its members, and the views that it must still cover. */
export interface ViewState {
  readonly members: readonly Member[]
  readonly pending: readonly PendingView[]
}

/** Pending views are sets of the members before them: a bitmap each. */
export const writeViewState = (writer: ByteWriter, state: ViewState): void => {
  const { members, pending } = state
  writer.u16(members.length)
  for (const member of members) writeMember(writer, member)
  const indexOf = new Map(members.map(({ id }, index) => [id, index]))
  writer.u8(pending.length)
  for (const { ids, isLost } of pending) {
    const bits = new Uint8Array((members.length + 7) >>> 3)
    for (const id of ids) {
      const index = indexOf.get(id)
      if (index !== undefined) bits[index >>> 3] = (bits[index >>> 3] ?? 0) | (1 << (index & 7))
    }
    writer.u8(isLost ? 1 : 0).raw(bits)
  }
}

/** Throws `BYTES_INVALID`. */
export const readViewState = (reader: ByteReader): ViewState => {
  const count = reader.u16()
  if (count > MEMBERS_MAX)
    throw baseError('BYTES_INVALID', `${count} members; at most ${MEMBERS_MAX} are taken`)
  const members: Member[] = []
  for (let i = 0; i < count; i++) members.push(readMember(reader))
  if (new Set(members.map(({ id }) => id)).size !== count)
    throw baseError('BYTES_INVALID', 'a member is listed twice')
  const views = reader.u8()
  if (views > PENDING_VIEWS_MAX)
    throw baseError(
      'BYTES_INVALID',
      `${views} pending views; at most ${PENDING_VIEWS_MAX} are taken`,
    )
  const pending: PendingView[] = []
  for (let i = 0; i < views; i++) pending.push(readPending(reader, members))
  return { members, pending }
}

/** Shares a byte with the number of addresses. */
const HAD_OTHER = 0x80

const writeMember = (writer: ByteWriter, member: Member): void => {
  const flags = member.hadOther === true ? HAD_OTHER : 0
  writer.text(member.id).text(member.storeId).u53(member.sinceMs)
  writer.u8(flags | member.addresses.length)
  for (const address of member.addresses) writer.text(address)
}

const readMember = (reader: ByteReader): Member => {
  const id = reader.text(ID_BYTES_MAX)
  const storeId = reader.text(ID_BYTES_MAX)
  const sinceMs = reader.u53()
  const byte = reader.u8()
  const count = byte & ~HAD_OTHER
  if (id === '' || count > ADDRESSES_MAX)
    throw baseError('BYTES_INVALID', `a member without a name, or with ${count} addresses`)
  const addresses: string[] = []
  for (let i = 0; i < count; i++) addresses.push(reader.text(ADDRESS_BYTES_MAX))
  const hadOther = (byte & HAD_OTHER) !== 0
  return { id, storeId, sinceMs, addresses, ...(hadOther ? { hadOther } : {}) }
}

const readPending = (reader: ByteReader, members: readonly Member[]): PendingView => {
  const isLost = readFlag(reader)
  const bits = reader.raw((members.length + 7) >>> 3)
  const ids = members
    .filter((_, index) => ((bits[index >>> 3] ?? 0) >>> (index & 7)) & 1)
    .map(({ id }) => id)
  return { ids, isLost }
}
