import type { TestPlatform } from '../../harness/platform-site.ts';
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

/** Whose groups serve the clients of a protocol. */
const PLATFORMS: Readonly<Record<SdkDriver['protocol'], readonly TestPlatform[]>> = {
  messages: ['anthropic'],
  chat: ['openai'],
  responses: ['openai'],
  gemini: ['gemini'],
};

export const SDK_CASES: readonly { driver: SdkDriver; platform: TestPlatform }[] = DRIVERS.flatMap((driver) =>
  PLATFORMS[driver.protocol].map((platform) => ({ driver, platform })),
);
