export { startTestControl, TEST_TOKEN, type TestControl } from './start-test-control.ts';
