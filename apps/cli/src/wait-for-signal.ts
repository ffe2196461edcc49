/** Who started this process, before anything could have changed it. */
const LAUNCHER_PID = process.ppid;
const LAUNCHER_CHECK_MS = 500;

/**
 * Resolves when the process is to stop: at the first SIGTERM or SIGINT (a second one ends it at once), or when the
 * npm or npx that started it is gone. npm ends at a signal without passing it on through its shell, and would
 * leave a gateway behind that nobody knows of.
 */
export function waitForSignal(): Promise<void> {
  return new Promise((resolve) => {
    const watch =
      process.env['npm_command'] === undefined ? null : setInterval(checkLauncher, LAUNCHER_CHECK_MS);
    watch?.unref();
    process.once('SIGTERM', stop);
    process.once('SIGINT', stop);

    function checkLauncher(): void {
      if (process.ppid !== LAUNCHER_PID) stop();
    }

    function stop(): void {
      if (watch) clearInterval(watch);
      process.once('SIGTERM', () => process.exit(1));
      process.once('SIGINT', () => process.exit(1));
      resolve();
    }
  });
}
