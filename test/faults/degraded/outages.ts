/** The words of docs/limits.md for what a test does to a dependency. The contract test compares the two. */
export const REDIS_AWAY = ['slower', 'frozen', 'cut off', 'killed'] as const;
export const REDIS_EMPTY = ['flushed', 'killed and restarted empty'] as const;
export const POSTGRES_AWAY = ['slower', 'frozen', 'cut off', 'killed'] as const;

export type RedisOutage = (typeof REDIS_AWAY)[number];
export type PostgresOutage = (typeof POSTGRES_AWAY)[number];
