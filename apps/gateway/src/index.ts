export { startGateway, type Gateway, type GatewayParts } from './compose.ts';
export { gatewayConfigSchema, parseGatewayConfig, type GatewayConfig } from './config.ts';
