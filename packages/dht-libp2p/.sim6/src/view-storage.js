import { baseError, ByteReader, ByteWriter, crc32 } from '@bzzz/base';
/** For stores in memory, whose data does not survive either. */
export const memoryViewStorage = () => {
    let kept;
    return {
        load: () => Promise.resolve(kept),
        save: (bytes) => {
            kept = bytes.slice();
            return Promise.resolve();
        },
    };
};
/** A file, replaced by renaming. `load` rejects with `BYTES_INVALID` when it is damaged. */
export const diskViewStorage = (disk, name = 'members') => ({
    load: async () => {
        const bytes = await disk.readFile(name);
        if (bytes === undefined)
            return undefined;
        const reader = new ByteReader(bytes);
        const crc = reader.u32();
        const content = reader.raw(reader.remaining);
        if (crc32(content) === crc)
            return content;
        throw baseError('BYTES_INVALID', `the membership file ${name} is damaged`);
    },
    save: async (bytes) => {
        const fresh = `${name}.new`;
        // Left over from a crash: appending to it would keep its bytes.
        if ((await disk.readFile(fresh)) !== undefined)
            await disk.remove(fresh);
        const file = await disk.open(fresh, { create: true });
        try {
            await file.append(new ByteWriter(bytes.length + 4).u32(crc32(bytes)).raw(bytes).finish());
            await file.sync();
        }
        finally {
            await file.close();
        }
        await disk.rename(fresh, name);
        await disk.syncDirectory();
    },
});
