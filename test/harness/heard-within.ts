/** For what a node is told, against what it would find out by itself: L1 keeps a snapshot for 15 s less a tenth. */
export const HEARD_WITHIN_MS = 12_000;
