/** A mistake in the input that the user can fix. Only its message is printed. */
export class UserError extends Error {
  override name = "UserError";
}
