import { loadUws } from '@tollgate/uws';
import { failure, ok, type Check } from './finding.ts';

/** The data plane's server is native code; where it does not load nothing can be served. */
export function createNativeModuleCheck(load: () => unknown = loadUws): Check {
  return {
    name: 'native module',
    run: async () => {
      try {
        load();
      } catch (fault) {
        const message = fault instanceof Error ? fault.message : String(fault);
        const mend =
          'run `npm ci` on this machine and architecture; on Linux use glibc 2.36 or newer (Debian 12), not musl; ' +
          'the folder ~/.cache must be writable, or else the folder for temporary files';
        return [failure(message, mend)];
      }
      return [ok(`uWebSockets.js loads${describePath()}`)];
    },
  };
}

/** The package's own binary, or the copy for an older glibc. */
function describePath(): string {
  // Without this the report asks the DNS for the name of every open socket's peer.
  Object.assign(process.report, { excludeNetwork: true });
  const { sharedObjects = [] } = process.report.getReport() as { sharedObjects?: string[] };
  const path = sharedObjects.find((one) => /uws[^/\\]*\.node$/i.test(one));
  return path === undefined ? '' : ` from ${path}`;
}
