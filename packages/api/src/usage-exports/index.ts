/** Reading providers' usage exports: runs where the file is, see `reconciliations` of the API. */
export { parseUsageExport } from './parse-usage-export.ts';
export { UsageExportError, type ExportProvider, type UsageExportRow } from './usage-export-row.ts';
