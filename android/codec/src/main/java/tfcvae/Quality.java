package tfcvae;

/**
 * The quality as a file stores it: q8, an integer in steps of 1/256.
 *
 * <p>Both sides compute with that integer, so that no rounding can tell them apart.
 */
public final class Quality {
  private static final int STEPS = 256; // of the integer, for each step of the quality

  /** The lowest quality, 1. */
  public static final int LOWEST = STEPS;

  /** The highest quality, 100. */
  public static final int HIGHEST = 100 * STEPS;

  private Quality() {}

  /**
   * Rounds a quality of 1 to 100 to the integer that a header stores.
   *
   * @throws FormatException if it is not a number from 1 to 100
   */
  public static int q8(double quality) throws FormatException {
    if (!(quality >= fromQ8(LOWEST) && quality <= fromQ8(HIGHEST))) { // also refuses NaN
      throw new FormatException(
          Fault.HEADER_VALUE, "quality is " + quality + "; expected a number from 1 to 100");
    }
    return (int) Math.rint(quality * STEPS); // halves to even, as in Python
  }

  /** The quality that the networks get, 1 to 100; exact in a float. */
  public static float fromQ8(int q8) {
    return q8 / (float) STEPS;
  }
}
