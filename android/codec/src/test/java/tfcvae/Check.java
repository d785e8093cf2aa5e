package tfcvae;

import java.util.Arrays;

/** What the tests claim with. */
final class Check {
  private Check() {}

  interface Action {
    void run() throws Exception;
  }

  static void that(boolean claim, String otherwise) {
    if (!claim) {
      throw new AssertionError(otherwise);
    }
  }

  static void equal(Object found, Object expected) {
    that(expected.equals(found), "found " + found + ", expected " + expected);
  }

  static void equal(int[] found, int[] expected) {
    int at = Arrays.mismatch(found, expected);
    that(
        at < 0,
        String.format(
            "%d and %d values, the first difference is at %d",
            found.length, expected.length, at));
  }

  static void equal(byte[] found, byte[] expected) {
    int at = Arrays.mismatch(found, expected);
    that(
        at < 0,
        String.format(
            "%d and %d bytes, the first difference is at %d", found.length, expected.length, at));
  }

  /** Runs what must throw this exception with this text in its message. */
  static void raises(Class<? extends Exception> kind, String text, Action action) {
    Exception error = thrown(action);
    if (!kind.isInstance(error) || !String.valueOf(error.getMessage()).contains(text)) {
      throw new AssertionError("expected \"" + text + "\", not this", error);
    }
  }

  static void refused(String text, Action action) {
    raises(FormatException.class, text, action);
  }

  static void refused(Fault fault, Action action) {
    Exception error = thrown(action);
    if (!(error instanceof FormatException) || ((FormatException) error).fault != fault) {
      throw new AssertionError("expected " + fault.id + ", not this", error);
    }
  }

  private static Exception thrown(Action action) {
    try {
      action.run();
    } catch (Exception error) {
      return error;
    }
    throw new AssertionError("nothing was thrown");
  }
}
