/** What one look at one thing has shown. */
export interface Finding {
  level: 'ok' | 'warning' | 'failure';
  /** What was looked at, e.g. `redis`. */
  check: string;
  /** What is the case; no secret is in it. */
  message: string;
  /** What to do about it; only of warnings and failures. */
  mend?: string;
}

export interface Check {
  name: string;
  /** May hang or throw: who runs it has a time limit, and makes a failure of what it throws. */
  run(site: DoctorSite): Promise<Look[]>;
}

/** A finding before it has the name of its check. */
export type Look = Omit<Finding, 'check'>;

/** What is looked at: the settings of the processes that would run here. */
export interface DoctorSite {
  databaseUrl: string | null;
  /** One server, or nodes of a Cluster, comma separated. */
  redisUrl: string | null;
  redisIsCluster: boolean;
  dataDir: string;
  journalDir: string;
  journalBytesMax: number;
  secretKeyText: string | null;
  secretKeyFile: string;
  outboundAllow: readonly string[];
  gateway: { host: string; port: number };
  control: { host: string; port: number };
  /** The configuration file with its secrets in it, or what is wrong with it; null = none was named. */
  config: { text: string } | { problem: string } | null;
}

export const ok = (message: string): Look => ({ level: 'ok', message });
export const warning = (message: string, mend: string): Look => ({ level: 'warning', message, mend });
export const failure = (message: string, mend: string): Look => ({ level: 'failure', message, mend });
