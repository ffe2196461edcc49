import type { NodeId } from '@tollgate/core';

/** What a node tells of itself with each heartbeat; nothing that names its host. */
export interface NodeAbout {
  /** By the node's own clock. */
  startedAtMs: number;
  version: string;
  /** The operator's own name for it; null = none. */
  label: string | null;
  /** Requests that run on it at its last heartbeat. */
  inFlight: number;
}

export interface NodeState {
  id: NodeId;
  /** null = it has said nothing of itself yet, or it is of a version that does not. */
  about: NodeAbout | null;
  /** The last message of which it has said that it and all before are in force there; null = none yet. */
  number: number | null;
  /** Since its last sign of life, by the store's clock. */
  silentMs: number;
}

export interface NodeList {
  /** Of the last message. */
  number: number;
  nodes: NodeState[];
}

/** AUTH-6: who the nodes are, and how far each has come. */
export interface NodeStore {
  /** This node serves requests: asked for its words with each heartbeat, and acknowledges each message (batched). */
  announce(describe: () => NodeAbout): void;
  /** Nodes that live, or were heard of within {@link NODE_TTL_MS}; by id. */
  listNodes(): Promise<NodeList>;
}
