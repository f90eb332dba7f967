// Runs the tests in namespaces of their own (network, mounts, processes): what they leave behind ends with
// them, whatever ends them, and no address or rule of theirs meets the machine's. Without the right to make
// namespaces the tests that need none run as they are.
import { spawn, spawnSync } from 'node:child_process'
import { userInfo } from 'node:os'

const unshare = [
  'unshare',
  ...(userInfo().uid === 0 ? [] : ['--user', '--map-root-user']),
  '--net',
  '--mount',
  '--pid',
  '--fork',
  '--kill-child',
  '--mount-proc',
]

// Everything that the tests will need, so that they are told at once what is missing.
const rehearsal = [
  'mount -t tmpfs tmpfs /run',
  'mkdir /run/netns',
  'ip link set lo up',
  'ip netns add rehearsal',
  'ip link add rehearsal0 type bridge',
  'ip link add rehearsal1 type veth peer name rehearsal2',
  'nft add table bridge rehearsal',
].join(' && ')

// Where ip and nft are for everybody but root.
process.env.PATH = `${process.env.PATH}:/usr/sbin:/sbin`

const reasonNotTo = () => {
  if (process.platform !== 'linux') return 'needs Linux'
  const [command, ...args] = [...unshare, 'sh', '-c', rehearsal]
  const { error, status, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  if (error === undefined && status === 0) return undefined
  return `needs namespaces: ${(error?.message ?? stderr).trim().split('\n').at(-1)}`
}

const reason = reasonNotTo()
const inside = 'mount -t tmpfs tmpfs /run && mkdir /run/netns && ip link set lo up && exec "$@"'
const [command = '', ...args] = [
  ...(reason === undefined ? [...unshare, 'sh', '-c', inside, 'sh'] : []),
  'bzzz-test',
  ...process.argv.slice(2),
]
const child = spawn(command, args, {
  stdio: 'inherit',
  env: {
    ...process.env,
    ...(reason === undefined ? { CLUSTER_NAMESPACES: 'own' } : { CLUSTER_WITHOUT: reason }),
  },
})
// The test runner hears an interrupt itself, as it is of the same group; --kill-child ends it otherwise.
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
  process.on(signal, () => child.kill(signal))
}
child.on('exit', (code) => {
  process.exitCode = code ?? 1
})
