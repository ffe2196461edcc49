import { startSimulator, type Simulator, type SimulatorOptions } from '@tollgate/testkit';
import { clearAccountMemory } from './clear-account-memory.ts';
import type { ClientSite } from './clients-page.ts';
import { startTopology, type Topology } from './topology.ts';

/** One embedded gateway whose accounts are all answered by one simulator, and a key for each of its groups. */
export interface GatewaySite<Group extends string> {
  simulator: Simulator;
  topology: Topology;
  /** Where and with which key a client is served by `group`. */
  at(group: Group): ClientSite;
  /** The simulator behaves again, and no account remembers what it did. */
  reset(): Promise<void>;
  stop(): Promise<void>;
}

interface SitePlan<Group extends string> {
  /** `url`: the simulator's. */
  buildConfig(url: string): string;
  buildKey(group: Group): string;
  simulator?: SimulatorOptions;
}

export async function startGatewaySite<Group extends string>(
  plan: SitePlan<Group>,
): Promise<GatewaySite<Group>> {
  const simulator = await startSimulator(plan.simulator);
  const topology = await startTopology('embedded', plan.buildConfig(simulator.url));
  return {
    simulator,
    topology,
    at: (group) => ({ gateway: topology.gateways[0] ?? '', key: plan.buildKey(group) }),
    async reset() {
      simulator.reset();
      await clearAccountMemory(topology.admin);
    },
    async stop() {
      await topology.stop();
      await simulator.stop();
    },
  };
}
