/**
 * Lets through of an answer's body what its reader may see. Synchronous, and fed in order; whatever
 * it cannot read it does not pass on.
 */
export interface BodyFilter {
  /**
   * Whether nothing comes out before the end, so that an unreadable body can still be refused:
   * status and headers have to wait for it.
   */
  readonly holdsBack: boolean;
  /**
   * @returns what may go on to the client now; empty for nothing yet.
   * @throws DoormanError `upstream_unavailable` for a body that it gives up on
   */
  write(chunk: Uint8Array): Uint8Array;
  /**
   * @returns what is left at the end of the body.
   * @throws DoormanError `upstream_unavailable` for a body that cannot be read
   */
  end(): Uint8Array;
}
