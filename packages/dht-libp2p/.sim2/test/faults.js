import { pick } from '@bzzz/base';
import { History } from './history.js';
import { Mesh } from './mesh.js';
/** Every plan that a seed may draw. */
export const planOf = (random) => ({
    nodes: pick(random, [1, 2, 3, 3, 3, 5]),
    joining: pick(random, [0, 0, 1, 2]),
    durationMs: 1500,
    clients: 5,
    faults: random.next() < 0.8,
    lossProbability: pick(random, [0, 0, 0.01, 0.05]),
    skewMs: pick(random, [0, 50, 200]),
});
const wait = (world, delayMs) => new Promise((resolve) => {
    world.clock.setTimer(resolve, delayMs);
});
/** One fault at a time, each followed by its repair; at most a minority is down at once. */
const trouble = async (mesh, random, isOver) => {
    const { world, network, sites } = mesh;
    while (!isOver()) {
        await wait(world, 50 + random.next() * 300);
        const site = pick(random, sites);
        const { peerId } = site.machine;
        const kind = pick(random, [
            'cut',
            'one-way',
            mesh.isDurable ? 'crash' : 'cut',
            'hang',
            'split',
        ]);
        if (kind === 'cut')
            network.isolate(peerId);
        if (kind === 'one-way')
            for (const other of sites)
                if (other !== site && random.next() < 0.7)
                    network.cut(peerId, other.machine.peerId);
        if (kind === 'split')
            network.partition(sites.filter(() => random.next() < 0.5).map(({ machine }) => machine.peerId));
        if (kind === 'hang')
            site.machine.hang();
        if (kind === 'crash' && site.process !== undefined)
            mesh.crash(site);
        await wait(world, 50 + random.next() * 700);
        network.heal();
        if (kind === 'hang')
            site.machine.resume();
        if (!site.machine.isUp)
            void mesh.boot(site, sites.length > 1);
    }
};
/**
 * Clients read and write at quorums on a mesh to which faults happen and which nodes join. Then
 * everything is mended. Throws when the history is not linearizable, when an acknowledged write is
 * lost, or when the replicas do not become alike.
 */
export const runFaults = async (world, plan) => {
    const mesh = new Mesh({ ...plan, world });
    const history = new History();
    const keys = ['a', 'b', 'c'];
    for (let i = 0; i < plan.nodes; i++)
        await world.complete(mesh.boot(mesh.add()));
    await world.runUntil(() => mesh.isSettled, 30_000);
    const endMs = world.nowMs + plan.durationMs;
    const isOver = () => world.nowMs >= endMs;
    const random = world.stream('clients');
    const work = Array.from({ length: plan.clients }, () => mesh.client(random, history, { isOver, keys }));
    const nemesis = plan.faults ? trouble(mesh, world.stream('faults'), isOver) : Promise.resolve();
    for (let i = 0; i < plan.joining; i++) {
        await world.runFor(random.next() * 800);
        void mesh.boot(mesh.add(), true);
    }
    await world.complete(Promise.all([...work, nemesis]), 120_000);
    mesh.network.heal();
    mesh.network.setLinks({ lossProbability: 0 });
    for (const site of mesh.sites)
        if (site.process === undefined)
            await world.complete(mesh.boot(site, mesh.sites.length > 1));
    await world.runUntil(() => mesh.isConverged(keys), 60_000);
    await world.complete(mesh.finalReads(history, keys));
    history.check();
    return history;
};
