import { baseError } from '@bzzz/base';
import { ADDRESS_BYTES_MAX, ADDRESSES_MAX, ID_BYTES_MAX, MEMBERS_MAX, PENDING_VIEWS_MAX, } from '../limits.js';
import { readFlag } from './record-codec.js';
/** Pending views are sets of the members before them: a bitmap each. */
export const writeViewState = (writer, state) => {
    const { members, pending } = state;
    writer.u16(members.length);
    for (const member of members)
        writeMember(writer, member);
    const indexOf = new Map(members.map(({ id }, index) => [id, index]));
    writer.u8(pending.length);
    for (const { ids, isLost } of pending) {
        const bits = new Uint8Array((members.length + 7) >>> 3);
        for (const id of ids) {
            const index = indexOf.get(id);
            if (index !== undefined)
                bits[index >>> 3] = (bits[index >>> 3] ?? 0) | (1 << (index & 7));
        }
        writer.u8(isLost ? 1 : 0).raw(bits);
    }
};
/** Throws `BYTES_INVALID`. */
export const readViewState = (reader) => {
    const count = reader.u16();
    if (count > MEMBERS_MAX)
        throw baseError('BYTES_INVALID', `${count} members; at most ${MEMBERS_MAX} are taken`);
    const members = [];
    for (let i = 0; i < count; i++)
        members.push(readMember(reader));
    if (new Set(members.map(({ id }) => id)).size !== count)
        throw baseError('BYTES_INVALID', 'a member is listed twice');
    const views = reader.u8();
    if (views > PENDING_VIEWS_MAX)
        throw baseError('BYTES_INVALID', `${views} pending views; at most ${PENDING_VIEWS_MAX} are taken`);
    const pending = [];
    for (let i = 0; i < views; i++)
        pending.push(readPending(reader, members));
    return { members, pending };
};
const writeMember = (writer, member) => {
    writer.text(member.id).text(member.storeId).u53(member.sinceMs).u8(member.addresses.length);
    for (const address of member.addresses)
        writer.text(address);
};
const readMember = (reader) => {
    const id = reader.text(ID_BYTES_MAX);
    const storeId = reader.text(ID_BYTES_MAX);
    const sinceMs = reader.u53();
    const count = reader.u8();
    if (id === '' || count > ADDRESSES_MAX)
        throw baseError('BYTES_INVALID', `a member without a name, or with ${count} addresses`);
    const addresses = [];
    for (let i = 0; i < count; i++)
        addresses.push(reader.text(ADDRESS_BYTES_MAX));
    return { id, storeId, sinceMs, addresses };
};
const readPending = (reader, members) => {
    const isLost = readFlag(reader);
    const bits = reader.raw((members.length + 7) >>> 3);
    const ids = members
        .filter((_, index) => ((bits[index >>> 3] ?? 0) >>> (index & 7)) & 1)
        .map(({ id }) => id);
    return { ids, isLost };
};
