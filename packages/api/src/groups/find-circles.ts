/** Who a group may lead to, by ref. Refs that are no group themselves lead nowhere. */
export type Links = ReadonlyMap<string, readonly string[]>;

/**
 * Groups that lie on circles: ref → all refs that it can reach and come back from, itself among them. Groups on no
 * circle are not in it, nor is one that only leads to itself. Linear in groups and links (Kosaraju), so that no
 * file can hold up the control plane.
 */
export function findCircles(links: Links): ReadonlyMap<string, readonly string[]> {
  const circles = new Map<string, readonly string[]>();
  const backLinks = reverse(links);
  const seen = new Set<string>();
  for (const ref of listByFinish(links).toReversed()) {
    const members = flood(backLinks, ref, seen);
    if (members.length > 1) for (const member of members) circles.set(member, members);
  }
  return circles;
}

/** The shortest way over links from one ref to another, both named; null = there is none. */
export function findWay(links: Links, from: string, to: string): string[] | null {
  const before = new Map<string, string | null>([[from, null]]);
  // A Map goes on to what is added while it is read: a queue.
  for (const ref of before.keys()) {
    if (ref === to) return traceBack(before, to);
    for (const next of links.get(ref) ?? []) if (!before.has(next)) before.set(next, ref);
  }
  return null;
}

function traceBack(before: ReadonlyMap<string, string | null>, to: string): string[] {
  const way: string[] = [];
  for (let ref: string | null = to; ref !== null; ref = before.get(ref) ?? null) way.unshift(ref);
  return way;
}

function reverse(links: Links): Links {
  const reversed = new Map<string, string[]>();
  for (const [ref, targets] of links) {
    for (const target of targets) {
      const sources = reversed.get(target);
      if (sources) sources.push(ref);
      else reversed.set(target, [ref]);
    }
  }
  return reversed;
}

/** Depth first, without recursion: a chain may be longer than the stack. A ref comes after all that it leads to. */
function listByFinish(links: Links): string[] {
  const finished: string[] = [];
  const seen = new Set<string>();
  for (const start of links.keys()) {
    const open = [{ ref: start, next: 0 }];
    if (seen.has(start)) continue;
    seen.add(start);
    for (let top = open.at(-1); top; top = open.at(-1)) {
      const target = links.get(top.ref)?.[top.next];
      top.next += 1;
      if (target === undefined) finished.push(open.pop()?.ref ?? top.ref);
      else if (!seen.has(target)) {
        seen.add(target);
        open.push({ ref: target, next: 0 });
      }
    }
  }
  return finished;
}

/** All that can be reached from `start` and was not seen before. */
function flood(links: Links, start: string, seen: Set<string>): string[] {
  if (seen.has(start)) return [];
  seen.add(start);
  const members = [start];
  for (const member of members) {
    for (const next of links.get(member) ?? []) {
      if (seen.has(next)) continue;
      seen.add(next);
      members.push(next);
    }
  }
  return members;
}
