export { DoormanError, type ErrorCode, type ErrorRow, errorTable } from './core/errors.ts';
