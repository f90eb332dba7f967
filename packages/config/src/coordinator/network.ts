import { field } from '../field.js'
import { listType } from '../types/list.js'
import { multiaddrType, peerIdType } from '../types/multiaddr.js'
import { pathType } from '../types/text.js'

/** The libp2p node that all distributed backends share. */
export const networkFields = {
  libp2pListen: field({
    path: 'bzzz.libp2p.listen',
    flag: 'listen',
    type: listType(multiaddrType()),
    default: ['/ip4/127.0.0.1/tcp/4281'],
    doc: 'Addresses on which other nodes reach this one. TCP port 0 takes any free one.',
    example: '/ip4/0.0.0.0/tcp/4281,/ip4/0.0.0.0/tcp/4282/ws',
  }),
  libp2pAllowPeers: field({
    path: 'bzzz.libp2p.allow_peers',
    type: listType(peerIdType(), { itemsMax: 1024 }),
    default: [],
    defaultDoc: 'none, which allows every peer',
    doc: 'Ids of the only peers that may connect.',
    example: '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp',
  }),
  libp2pPskFile: field({
    path: 'bzzz.libp2p.psk_file',
    type: pathType(),
    defaultDoc: 'none, which lets nodes without a key take part',
    doc: 'File with the private network key. Nodes with another key, or none, cannot connect.',
    example: '/etc/bzzz/swarm.key',
  }),
}
