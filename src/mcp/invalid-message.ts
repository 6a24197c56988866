import { DoormanError } from '../core/errors.ts';

/** JSON-RPC 2.0 section 5.1: the bytes are no JSON text that this reader accepts. */
const parseError = -32700;
/** JSON, but not one unambiguous JSON-RPC message. */
const invalidRequest = -32600;
/** A message whose params do not tell what it touches. */
const invalidParams = -32602;

/**
 * Refusal of bytes that are no JSON text. The id stays `null`: nothing of such a text is believed.
 *
 * @param reason fixed words for the operator's log, never text of the message.
 */
export function notJson(reason: string): DoormanError {
  return new DoormanError('message_invalid', { rpcCode: parseError, detail: { reason } });
}

/**
 * Refusal of JSON that is not one unambiguous JSON-RPC message.
 *
 * @param reason fixed words for the operator's log, never text of the message.
 * @param id JSON text of the request's id; `null` where none can be trusted.
 */
export function notMessage(reason: string, id: string | null): DoormanError {
  return new DoormanError('message_invalid', {
    rpcCode: invalidRequest,
    rpcId: id,
    detail: { reason },
  });
}

/**
 * Refusal of params that leave open what the message touches.
 *
 * @param reason fixed words for the operator's log, never text of the message.
 * @param id JSON text of the request's id; `null` for a notification.
 */
export function badParams(reason: string, id: string | null): DoormanError {
  return new DoormanError('message_invalid', {
    rpcCode: invalidParams,
    rpcId: id,
    detail: { reason },
  });
}
