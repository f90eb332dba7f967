import { baseError, ByteReader, ByteWriter, fromUtf8, utf8, } from '@bzzz/base';
import { KEY_BYTES_MAX, VALUE_BYTES_MAX } from '@bzzz/dht-core';
import { ID_BYTES_MAX } from '../limits.js';
/** Says what is signed, so that no other text that the same key signs can pass for a record. */
const DOMAIN = 'bzzz/record/1';
const DOMAIN_BYTES = utf8(DOMAIN);
export const writeVersion = (writer, version) => {
    writer.u53(version.wallMs).u16(version.counter).text(version.writer);
};
export const readVersion = (reader) => ({
    wallMs: reader.u53(),
    counter: reader.u16(),
    writer: reader.text(ID_BYTES_MAX),
});
/** A byte that is 0 or 1; anything else would give one record two encodings. */
export const readFlag = (reader) => {
    const flag = reader.u8();
    if (flag > 1)
        throw baseError('BYTES_INVALID', `a flag is ${flag}, not 0 or 1`);
    return flag === 1;
};
/** The one encoding of a record: what its writer signs, and what travels. */
export const encodeLeaf = (record) => {
    const writer = new ByteWriter(192 + record.key.length + record.value.length);
    writer.raw(DOMAIN_BYTES).text(record.key);
    writeVersion(writer, record.version);
    writer.u8(record.deleted ? 1 : 0);
    if (record.expiresAtMs === undefined)
        writer.u8(0);
    else
        writer.u8(1).u53(record.expiresAtMs);
    return writer.text(record.opId).bytes(record.value).finish();
};
/** Throws `BYTES_INVALID`. The value is a view into the bytes, not a copy. */
export const decodeLeaf = (leaf) => {
    const reader = new ByteReader(leaf);
    if (fromAscii(reader.raw(DOMAIN_BYTES.length)) !== DOMAIN)
        throw baseError('BYTES_INVALID', 'this is not a record');
    const key = reader.text(KEY_BYTES_MAX);
    const version = readVersion(reader);
    const deleted = readFlag(reader);
    const expiresAtMs = readFlag(reader) ? reader.u53() : undefined;
    const opId = reader.text(ID_BYTES_MAX);
    const value = reader.bytes(VALUE_BYTES_MAX);
    reader.end();
    if (key === '' || opId === '' || (deleted && value.length > 0))
        throw baseError('BYTES_INVALID', 'a record has no key, no operation, or a tombstone has a value');
    return {
        key,
        value,
        deleted,
        version,
        opId,
        ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
    };
};
const fromAscii = (bytes) => {
    try {
        return fromUtf8(bytes);
    }
    catch {
        return '';
    }
};
