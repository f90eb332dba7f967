export { KV_PROTOCOL } from './client.js';
export { Libp2pDHT } from './libp2p-dht.js';
export { diskViewStorage, memoryViewStorage } from './view-storage.js';
