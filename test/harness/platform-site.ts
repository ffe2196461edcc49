import { buildConfig } from './config.ts';
import { startGatewaySite, type GatewaySite } from './gateway-site.ts';

/** Whose groups a client can be sold into, each with a model that has a price. */
export const PLATFORM_MODELS = {
  anthropic: 'claude-sonnet-4-6',
  openai: 'gpt-4o',
  gemini: 'gemini-2.5-flash',
} as const;

export type TestPlatform = keyof typeof PLATFORM_MODELS;
/** Where a platform's accounts are asked for a model, whichever client asks. */
export const UPSTREAM_PATHS: Readonly<Record<TestPlatform, RegExp>> = {
  anthropic: /^\/v1\/messages(?:\?|$)/u,
  openai: /^\/v1\/(?:responses|chat\/completions)$/u,
  gemini: /^\/v1(?:beta)?\/models\/[\w.-]+:(?:g|streamG)enerateContent(?:\?|$)/u,
};
/** A model that Codex knows, and drives by other tools than the rest; every account has its own model for it. */
export const CODE_MODE_MODEL = 'gpt-6.1-sol';
export const PLATFORMS = Object.keys(PLATFORM_MODELS) as TestPlatform[];

export type PlatformSite = GatewaySite<TestPlatform>;

/** A group, an account and a key for each platform; what the vendors refuse is refused. */
export function startPlatformSite(): Promise<PlatformSite> {
  return startGatewaySite({ buildConfig: buildPlatformConfig, buildKey, simulator: { isStrict: true } });
}

function buildPlatformConfig(base_url: string): string {
  return buildConfig({
    groups: PLATFORMS.map((platform) => ({ name: platform, platform, rate_multiplier: '1.0', rpm: 0 })),
    accounts: PLATFORMS.map((platform) => ({
      name: `a-${platform}`,
      platform,
      base_url,
      groups: [platform],
      model_mapping: { [CODE_MODE_MODEL]: selectCodeModel(platform), '*': '*' },
    })),
    keys: PLATFORMS.map((platform) => ({
      user: 'u@example.com',
      name: platform,
      groups: [platform],
      key: buildKey(platform),
    })),
  });
}

/** It is asked for with an effort, which OpenAI's older models refuse. */
function selectCodeModel(platform: TestPlatform): string {
  return platform === 'openai' ? 'gpt-5' : PLATFORM_MODELS[platform];
}

function buildKey(platform: TestPlatform): string {
  return `sk-${platform}-0123456789abcdef`;
}
