package tfcvae;

import java.util.Arrays;
import java.util.Random;

/** Decoder and encoder around networks that see exactly as far as their halo. */
final class DecoderTest {
  private static final int REACH = 2; // of the prediction, in hyper-latents

  private DecoderTest() {}

  /** Three latents and two hyper-latents; {@code halo} is the prediction's, if it is known. */
  static Model model(Integer halo) throws Exception {
    String more = halo == null ? "" : ", \"hyper_synthesis\": " + halo;
    String manifest = String.format(Data.MANIFEST, "0123456789abcdef", 3, 2, 64, 3, more);
    return Model.read(Data.utf8(manifest), Data.photoTables());
  }

  static Image image(int height, int width) {
    byte[] rgb = new byte[3 * height * width];
    new Random(height * 1000 + width).nextBytes(rgb);
    for (int i = 0; i < rgb.length; i++) { // some areas lighter, so that latents differ
      rgb[i] = (byte) ((rgb[i] & 63) + 3 * (i / 200 % 61));
    }
    return new Image(height, width, rgb);
  }

  private static byte[] encode(Model model, Image image, double quality)
      throws FormatException {
    return new Encoder(model, new LocalNetworks(model, REACH)).encode(image, quality);
  }

  private static Decoder decoder(Model model, int tile) {
    return new Decoder(model, new LocalNetworks(model, REACH), tile, Container.MAX_PIXELS);
  }

  static void testAnImageOfAnySizeComesBackInTheSameSize() throws Exception {
    Model model = model(REACH);
    int[][] sizes = {{1, 1}, {1, 300}, {300, 1}, {16, 16}, {17, 15}, {64, 65}, {129, 200}};
    for (int[] size : sizes) {
      byte[] file = encode(model, image(size[0], size[1]), 60);
      Image found = decoder(model, 64).decode(file);
      Check.equal(found.height, size[0]);
      Check.equal(found.width, size[1]);
    }
  }

  static void testTilesChangeNoPixel() throws Exception {
    Image image = image(630, 410); // 40 x 26 latents
    Model model = model(REACH);
    byte[] file = encode(model, image, 60);
    byte[] whole = decoder(model(null), 1024).decode(file).rgb;
    for (int tile : new int[] {1, 3, 8, 17, 25, 40}) {
      Check.equal(decoder(model, tile).decode(file).rgb, whole);
      Check.equal(decoder(model(null), tile).decode(file).rgb, whole);
    }
  }

  static void testABandThatIsAllOfTheImageFitsTheSmallestTile() throws Exception {
    Model model = model(REACH);
    byte[] file = encode(model, image(24 * 16, 20), 60); // 6 rows of z: one band with its halo
    byte[] whole = decoder(model, 64).decode(file).rgb;
    Check.equal(decoder(model, 1).decode(file).rgb, whole);
  }

  static void testAHaloThatIsTooSmallWouldBeNoticed() throws Exception {
    // So the test before this one can fail.
    byte[] file = encode(model(REACH), image(630, 410), 60);
    Check.refused(Fault.STREAM, () -> decoder(model(REACH - 1), 8).decode(file));
  }

  static void testTilesOfTheAnalysisChangeNoByte() throws Exception {
    Model model = model(null);
    Networks networks = new LocalNetworks(model, REACH);
    byte[] whole = new Encoder(model, networks, 1024).encode(image(330, 410), 70);
    for (int tile : new int[] {1, 4, 20}) {
      Check.equal(new Encoder(model, networks, tile).encode(image(330, 410), 70), whole);
    }
  }

  static void testTheAnalysisSeesTheEdgeRepeated() throws Exception {
    Image image = image(17, 34);
    Model model = model(null);
    Networks spy =
        new Replay() {
          @Override
          public float[] analyse(byte[] pixels, int height, int width) {
            Check.equal(height, 32);
            Check.equal(width, 48);
            for (int i = 0; i < pixels.length; i++) {
              int row = Math.min(i / (3 * width), 16);
              int column = Math.min(i / 3 % width, 33);
              Check.equal(pixels[i], image.rgb[3 * (row * 34 + column) + i % 3]);
            }
            throw new ArithmeticException("all seen");
          }
        };
    Check.raises(
        ArithmeticException.class, "all seen", () -> new Encoder(model, spy).encode(image, 50));
  }

  static void testASinkGetsEveryPixelOnce() throws Exception {
    Model model = model(REACH);
    Image image = image(150, 211);
    int[] hits = new int[150 * 211];
    decoder(model, 3)
        .decode(
            encode(model, image, 50),
            new PixelSink() {
              @Override
              public void start(int height, int width) {
                Check.equal(height, 150);
                Check.equal(width, 211);
              }

              @Override
              public void tile(
                  byte[] rgb, int offset, int stride, int top, int left, int height, int width) {
                Check.that(offset + (height - 1) * stride + 3 * width <= rgb.length, "outside");
                for (int i = 0; i < height * width; i++) {
                  hits[(top + i / width) * 211 + left + i % width]++;
                }
              }
            });
    Check.that(Arrays.stream(hits).allMatch(n -> n == 1), "a pixel missing or twice");
  }

  static void testTheQualityOfTheFileReachesTheNetworks() throws Exception {
    Model model = model(null);
    byte[] file = encode(model, image(40, 40), 33.335);
    Networks networks = new LocalNetworks(model, REACH);
    float[] seen = new float[1];
    Networks spy =
        new Replay() {
          @Override
          public Prediction predict(int[] z, int height, int width, float quality) {
            return networks.predict(z, height, width, quality);
          }

          @Override
          public byte[] synthesise(int[] y, int[] mean, int height, int width, float quality) {
            seen[0] = quality;
            return networks.synthesise(y, mean, height, width, quality);
          }
        };
    new Decoder(model, spy).decode(file);
    Check.equal(seen[0], 8534 / 256f);
  }

  static void testAFileOfAnotherModelIsRefused() throws Exception {
    byte[] file = Data.photoFile();
    Check.refused(Fault.MODEL, () -> decoder(model(null), 64).decode(file));
  }

  static void testHugeImagesAreRefusedBeforeAnythingIsAllocated() throws Exception {
    for (Integer halo : new Integer[] {null, REACH}) {
      refused(Fault.STREAM, model(halo), 1 << 14, 1 << 14);
      refused(Fault.STREAM, model(halo), 1 << 20, 255);
      refused(Fault.TOO_LARGE, model(halo), 1, 1 << 28); // latents: 2^32 pixels' worth
      refused(Fault.TOO_LARGE, model(halo), 1 << 28, 1);
    }
    // So wide that no array holds a row of tiles of a real model.
    refused(Fault.TOO_LARGE, Data.photoModel(6, REACH), 16, 1 << 24);
    byte[] file = encode(model(null), image(48, 48), 50);
    Check.refused(Fault.TOO_LARGE, () -> upTo(48 * 48 - 1).decode(file));
    upTo(48 * 48).decode(file);
    byte[] strip = encode(model(null), image(48, 33), 50); // as many latents
    Check.refused(Fault.TOO_LARGE, () -> upTo(48 * 48 - 1).decode(strip));
    upTo(48 * 48).decode(strip);
  }

  /** A file with right checksums, whose stream would decode to zeros for ever. */
  private static void refused(Fault fault, Model model, long height, long width)
      throws FormatException {
    Header header = new Header(model.id, height, width, 12800, 0);
    byte[] file = Container.pack(header, Data.sections('S', Data.bytes("00800000")));
    Check.refused(fault, () -> decoder(model, 64).decode(file));
  }

  private static Decoder upTo(long pixels) throws Exception {
    return new Decoder(model(null), new LocalNetworks(model(null), REACH), 64, pixels);
  }

  static void testEveryFlippedBitIsNoticed() throws Exception {
    Model model = model(null);
    byte[] file = encode(model, image(40, 90), 50);
    for (int bit = 0; bit < 8 * file.length; bit++) {
      byte[] damaged = Data.with(file, bit / 8, file[bit / 8] ^ 1 << bit % 8);
      Check.refused("", () -> decoder(model, 64).decode(damaged));
    }
  }

  static void testAnImpossibleQualityIsRefusedBeforeAnyWork() throws Exception {
    Encoder encoder = new Encoder(model(null), new Replay());
    Check.refused(Fault.HEADER_VALUE, () -> encoder.encode(image(1, 1), 0.99));
  }

  static void testWrongUseIsAnIllegalArgument() throws Exception {
    Model model = model(null);
    Class<? extends Exception> wrong = IllegalArgumentException.class;
    Check.raises(wrong, "tile is 0", () -> decoder(model, 0));
    Check.raises(wrong, "tile is 1025", () -> decoder(model, 1025));
    Check.raises(wrong, "3 per pixel", () -> new Image(2, 2, new byte[11]));
  }

  static void testNetworksOfAnotherModelAreNoticed() throws Exception {
    Model model = model(null);
    byte[] file = encode(model, image(40, 40), 50);
    Networks other =
        new Replay() {
          @Override
          public Prediction predict(int[] z, int height, int width, float quality) {
            return new Prediction(new int[16 * z.length], new int[16 * z.length]);
          }
        };
    Check.raises(
        IllegalStateException.class,
        "the networks gave 32 values of mean; expected 48",
        () -> new Decoder(model, other).decode(file));
  }
}
