import { PLATFORMS, type TestPlatform } from '../../harness/platform-site.ts';
import { anthropicDriver } from './anthropic-driver.ts';
import { googleDriver } from './google-driver.ts';
import { openAiChatDriver } from './openai-chat-driver.ts';
import { openAiResponsesDriver } from './openai-responses-driver.ts';
import type { SdkDriver } from './sdk-driver.ts';
import { vercelDrivers } from './vercel-driver.ts';

const DRIVERS: readonly SdkDriver[] = [
  anthropicDriver,
  openAiChatDriver,
  openAiResponsesDriver,
  googleDriver,
  ...vercelDrivers,
];

export const SDK_CASES: readonly { driver: SdkDriver; platform: TestPlatform }[] = DRIVERS.flatMap((driver) =>
  PLATFORMS.map((platform) => ({ driver, platform })),
);
