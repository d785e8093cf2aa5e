package tfcvae;

import static tfcvae.Geometry.LATENT;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Pixels to the bytes of a .tfcv file: the same bytes as tfc_vae writes with the same networks.
 *
 * <p>The analysis runs in tiles; the latents of the whole image are in memory, 4 bytes each, some
 * times over. An instance may serve several threads if its networks may.
 */
public final class Encoder {
  private final Model model;
  private final Networks networks;
  private final int tile;

  /** Analyses in tiles of {@link Decoder#DEFAULT_TILE}. */
  public Encoder(Model model, Networks networks) {
    this(model, networks, Decoder.DEFAULT_TILE);
  }

  /**
   * Sets the size of a tile.
   *
   * @param tile latents per side of a tile without its halo, 1 to 1024
   */
  public Encoder(Model model, Networks networks, int tile) {
    this.model = model;
    this.networks = networks;
    this.tile = Decoder.checkTile(tile);
  }

  /**
   * Compresses an image.
   *
   * @param quality 1 to 100; higher is better, and larger
   * @return a whole .tfcv file
   * @throws FormatException the quality is out of range, or the image has so many latents that one
   *     array does not hold them
   */
  public byte[] encode(Image image, double quality) throws FormatException {
    int q8 = Quality.q8(quality);
    Passes passes =
        new Passes(model, networks, Quality.fromQ8(q8), image.height, image.width);
    // The prediction is up to three rows and columns larger.
    long positions = (passes.rows + Geometry.Z - 1L) * (passes.columns + Geometry.Z - 1L);
    if (positions * model.latents > Integer.MAX_VALUE) {
      throw new FormatException(
          Fault.TOO_LARGE,
          image.height + " x " + image.width + " pixels are too many to encode at once");
    }
    LaneEncoder groups = passes.encode(analyse(image, passes.rows, passes.columns));
    int lanes = Lanes.choose(groups.idealBits());
    Map<Character, byte[]> sections = new HashMap<>();
    sections.put(Container.STREAM, groups.stream(lanes));
    byte[] escapes = groups.escapes();
    if (escapes.length > 0) {
      sections.put(Container.ESCAPES, escapes);
    }
    int lanesLog2 = Integer.numberOfTrailingZeros(lanes);
    Header header = new Header(model.id, image.height, image.width, q8, lanesLog2);
    return Container.pack(header, sections);
  }

  /** y, (height, width, latents), tile by tile. */
  private float[] analyse(Image image, int height, int width) {
    List<Span> bands = Span.cover(height, tile, model.analysisHalo);
    List<Span> columns = Span.cover(width, tile, model.analysisHalo);
    float[] y = new float[height * width * model.latents];
    for (Span band : bands) {
      for (Span column : columns) {
        byte[] window = window(image, band, column);
        float[] part =
            networks.analyse(window, LATENT * band.window(), LATENT * column.window());
        Decoder.checkLength("y", part.length, band.window() * column.window() * model.latents);
        int row = column.length() * model.latents;
        for (int i = band.start; i < band.stop; i++) {
          int fromRow = (i - band.windowStart) * column.window();
          int from = (fromRow + column.start - column.windowStart) * model.latents;
          System.arraycopy(part, from, y, (i * width + column.start) * model.latents, row);
        }
      }
    }
    return y;
  }

  /** The pixels of a window; beyond the image its edge is repeated. */
  private static byte[] window(Image image, Span band, Span column) {
    int height = LATENT * band.window();
    int width = LATENT * column.window();
    byte[] pixels = new byte[3 * height * width];
    int inside = Math.min(width, image.width - LATENT * column.windowStart);
    for (int row = 0; row < height; row++) {
      int source = Math.min(LATENT * band.windowStart + row, image.height - 1);
      int from = 3 * (source * image.width + LATENT * column.windowStart);
      int to = 3 * row * width;
      System.arraycopy(image.rgb, from, pixels, to, 3 * inside);
      for (int i = to + 3 * inside; i < to + 3 * width; i++) {
        pixels[i] = pixels[i - 3];
      }
    }
    return pixels;
  }
}
