import { codeOf, messageOf } from '@bzzz/base';
import { createVerifier, publicKeyOf, signBatch, verifyAttestation, } from '@bzzz/crypto';
import { dhtError } from '@bzzz/dht-core';
import { decodeLeaf, encodeLeaf } from './wire/record-codec.js';
/** Public keys kept decoded, as many as a verifier keeps prepared. */
const KEYS_MAX = 1024;
/** Proves records of this node, and checks those of others. */
export class Attester {
    #signer;
    #verifier = createVerifier();
    #keys = new Map();
    /** Proofs of own records, for as long as somebody holds the record. */
    #signed = new WeakMap();
    constructor(signer) {
        this.#signer = signer;
    }
    /**
     * The records as they travel; one signature for all that have no proof yet. Throws
     * `DHT_RECORD_INVALID` for another node's record without one.
     */
    sign(records) {
        const fresh = [];
        const out = records.map((record, index) => {
            const known = this.#signed.get(record);
            if (known !== undefined)
                return known;
            const leaf = encodeLeaf(record);
            if (record.attestation !== undefined)
                return { leaf, attestation: record.attestation };
            if (record.version.writer !== this.#signer.peerId)
                throw dhtError('DHT_RECORD_INVALID', 'a record of another writer has no proof');
            fresh.push({ index, leaf });
            return { leaf, attestation: leaf };
        });
        if (fresh.length === 0)
            return out;
        const attestations = signBatch(this.#signer, fresh.map(({ leaf }) => leaf));
        for (const [position, { index, leaf }] of fresh.entries()) {
            const [attestation, record] = [attestations[position], records[index]];
            if (attestation === undefined || record === undefined)
                continue;
            const signed = { leaf, attestation };
            out[index] = signed;
            this.#signed.set(record, signed);
        }
        return out;
    }
    /** The record, if its writer signed exactly these bytes. Throws `DHT_RECORD_INVALID`. */
    verify({ leaf, attestation }) {
        const record = this.#decode(leaf);
        const key = this.#publicKey(record.version.writer);
        if (key === undefined || !verifyAttestation(this.#verifier, key, leaf, attestation))
            throw dhtError('DHT_RECORD_INVALID', `a record of ${JSON.stringify(record.key)} is not signed by its writer`);
        return { ...record, attestation: attestation.slice() };
    }
    #decode(leaf) {
        try {
            return decodeLeaf(leaf);
        }
        catch (cause) {
            if (codeOf(cause) !== 'BYTES_INVALID')
                throw cause;
            throw dhtError('DHT_RECORD_INVALID', messageOf(cause), { cause });
        }
    }
    #publicKey(peerId) {
        const known = this.#keys.get(peerId);
        if (known !== undefined)
            return known;
        let key;
        try {
            key = publicKeyOf(peerId);
        }
        catch {
            return undefined;
        }
        if (this.#keys.size >= KEYS_MAX)
            this.#keys.clear();
        this.#keys.set(peerId, key);
        return key;
    }
}
