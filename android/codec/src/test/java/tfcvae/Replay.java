package tfcvae;

/** Networks that can do nothing; a test overrides what it needs. */
class Replay implements Networks {
  @Override
  public float[] analyse(byte[] pixels, int height, int width) {
    throw new UnsupportedOperationException();
  }

  @Override
  public int[] hyperAnalyse(float[] y, int height, int width, float quality) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Prediction predict(int[] z, int height, int width, float quality) {
    throw new UnsupportedOperationException();
  }

  @Override
  public int[] quantise(
      float[] y, int[] mean, int[] index, int height, int width, float quality) {
    throw new UnsupportedOperationException();
  }

  @Override
  public byte[] synthesise(int[] values, int[] mean, int height, int width, float quality) {
    throw new UnsupportedOperationException();
  }
}
