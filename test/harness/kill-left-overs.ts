import { afterAll } from 'vitest';
import { killLeftOvers } from './tollgate-process.ts';

// Set up before each system test file; runs after the file's own clean-up, whether that worked or not.
afterAll(killLeftOvers);
