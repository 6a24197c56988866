import { expect } from 'vitest';
import { DoormanError } from '../../src/core/errors.ts';
import { type Message, readMessage } from '../../src/mcp/message.ts';

const encoder = new TextEncoder();

export function read(text: string, named: string | null = null): Message {
  return readMessage(encoder.encode(text), named);
}

function refusalOf(body: string | Uint8Array): DoormanError {
  try {
    readMessage(typeof body === 'string' ? encoder.encode(body) : body);
  } catch (error) {
    if (error instanceof DoormanError) return error;
    throw error;
  }
  return expect.fail('the message was accepted');
}

/** Asserts a refusal: its code, HTTP status, JSON-RPC code and the id that it answers. */
export function expectRefusal(
  body: string | Uint8Array,
  rpcCode: -32700 | -32600 | -32602,
  rpcId: string | null = null,
): DoormanError {
  const error = refusalOf(body);
  expect({
    code: error.code,
    status: error.row.status,
    rpcCode: error.rpcCode,
    rpcId: error.rpcId,
  }).toEqual({ code: 'message_invalid', status: 400, rpcCode, rpcId });
  return error;
}

/** A request for a method, its params given as JSON text. */
export function request(method: string, params: string): string {
  return `{"jsonrpc":"2.0","id":1,"method":${JSON.stringify(method)},"params":${params}}`;
}

/** A call of the tool `safe` whose arguments are given as JSON text. */
export function call(args: string): string {
  return request('tools/call', `{"name":"safe","arguments":${args}}`);
}
