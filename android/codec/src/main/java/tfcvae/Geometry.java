package tfcvae;

/**
 * How the planes of an image lie on each other; FORMAT.md, section 3.
 *
 * <p>A side of y follows from the same side of the image, and a side of z from that of y: rows and
 * columns are not told apart.
 */
public final class Geometry {
  /** Pixels per side of a latent. */
  public static final int LATENT = 16;

  /** Latents per side of a hyper-latent. */
  public static final int Z = 4;

  // Of the networks' integers; the codec does not compute with them.

  /** The steps of a mean in one step of its latent. */
  public static final int MEAN_STEPS = 16;

  /** The steps of an integer network's index in one row of the tables. */
  public static final int INDEX_STEPS = 16;

  /** A z is -Z_MAX to Z_MAX. */
  public static final int Z_MAX = 127;

  private Geometry() {}

  /** Rows of y for an image of so many rows of pixels, or columns for columns. */
  public static int sideOfY(long pixels) {
    return (int) ((pixels + LATENT - 1) / LATENT);
  }

  /** Rows of z for so many rows of y, or columns for columns. */
  public static int sideOfZ(int latents) {
    return (latents + Z - 1) / Z;
  }

  /**
   * Whether a y of this size has more latents than the largest image of {@code maxPixels}: a strip
   * one pixel wide passes a bound on pixels and has 16 times the latents.
   */
  static boolean isTooLarge(int rows, int columns, long maxPixels) {
    return (long) LATENT * LATENT * rows * columns > maxPixels;
  }
}
