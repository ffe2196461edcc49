import type { ConfigSetting } from './config-resource-schemas.ts';
import type { Config } from './config-schema.ts';

/** An entry with its place in the file, so that a problem found later can still name it. */
export interface Placed<Entry> {
  index: number;
  entry: Entry;
}

/** The sections that are lists: all but `settings`. */
export type ListName = Exclude<keyof Config, 'settings'>;

export type PlacedConfig = { [Section in ListName]: Placed<Config[Section][number]>[] } & {
  settings: Placed<ConfigSetting>[];
};
