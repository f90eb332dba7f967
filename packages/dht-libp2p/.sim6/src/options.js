import { baseError, systemClock, systemRandom } from '@bzzz/base';
import { memoryViewStorage } from './view-storage.js';
/** Fills in defaults. Throws `INVALID_ARGUMENT`. */
export const resolveOptions = (options) => {
    const { transport, store, signer } = options;
    if (signer.peerId !== transport.peerId || store.writer !== transport.peerId)
        throw baseError('INVALID_ARGUMENT', `transport, signer and store must belong to one peer, not to ${transport.peerId}, ${signer.peerId} and ${store.writer}`);
    return {
        transport,
        store,
        signer,
        viewStorage: options.viewStorage ?? memoryViewStorage(),
        contacts: options.contacts,
        admit: options.admit ?? (() => true),
        mustJoin: options.mustJoin ?? false,
        replicas: within('replicas', options.replicas ?? 3, 1, 15),
        timeoutMs: within('timeoutMs', options.timeoutMs ?? 2000, 1, 600_000),
        tryMs: within('tryMs', options.tryMs ?? 500, 1, 60_000),
        compareEveryMs: within('compareEveryMs', options.compareEveryMs ?? 10_000, 10, 86_400_000),
        clock: options.clock ?? systemClock,
        random: options.random ?? systemRandom,
        onListenerError: options.onListenerError ?? (() => { }),
    };
};
const within = (name, value, min, max) => {
    if (Number.isInteger(value) && value >= min && value <= max)
        return value;
    throw baseError('INVALID_ARGUMENT', `${name} is ${value}; it must be an integer from ${min} to ${max}`);
};
