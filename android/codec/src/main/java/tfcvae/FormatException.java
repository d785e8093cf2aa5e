package tfcvae;

import java.io.IOException;

/**
 * These bytes are not what they should be, a damaged, foreign or too large file; or these values do
 * not fit in one.
 *
 * <p>{@link #fault} says what is wrong, in the words of all readers; the message says what was
 * found, what was expected and what to do. Whatever bytes a public method of this package reads,
 * this is the only exception that they can cause.
 */
public final class FormatException extends IOException {
  private static final long serialVersionUID = 1L;

  /** One of a closed list, for programs. */
  public final Fault fault;

  public FormatException(Fault fault, String message) {
    this(fault, message, null);
  }

  public FormatException(Fault fault, String message, Throwable cause) {
    super(message, cause);
    this.fault = fault;
  }
}
