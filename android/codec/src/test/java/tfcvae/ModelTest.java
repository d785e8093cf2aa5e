package tfcvae;

import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** JSON, and the manifest of a model. */
final class ModelTest {
  private ModelTest() {}

  private static Object json(String text) throws FormatException {
    return Json.read(Data.utf8(text));
  }

  static void testJsonIsReadAsItsDefinitionSays() throws Exception {
    Map<?, ?> read =
        (Map<?, ?>)
            json(" {\"a\": [1, -2.5e1, true, false, null], \"b\\n\\u00e9\": \"\\\"x\\\\\"}\n");
    List<?> expected = Arrays.asList(1.0, -25.0, true, false, null);
    Check.equal(read.get("a"), expected);
    Check.equal(read.get("b\n\u00e9"), "\"x\\");
    Check.equal(json("[]"), Arrays.asList());
    Check.equal(json("[NaN, -Infinity]"), Arrays.asList(Double.NaN, Double.NEGATIVE_INFINITY));
  }

  static void testWhatIsNotJsonIsRefused() {
    String[] texts = {
      "", "{", "[1,]", "{\"a\" 1}", "{\"a\": 1,}", "{\"a\": 1, \"a\": 2}", "01", "1.", "+1",
      "tru", "\"", "\"\\x\"", "\"\\u12\"", "\"\n\"", "[1] 2", "{1: 2}", "\"\\", "nul\u0131"
    };
    for (String text : texts) {
      Check.refused("not JSON", () -> json(text));
    }
    Check.refused("UTF-8", () -> Json.read(Data.bytes("22ff22")));
    StringBuilder deep = new StringBuilder();
    for (int i = 0; i < 100_000; i++) {
      deep.append('[');
    }
    Check.refused("levels", () -> json(deep.toString()));
  }

  static void testTheShippedModelIsRead() throws Exception {
    byte[] manifest = Data.read("saved_models/vr/manifest.json");
    Model model = Model.read(manifest, Data.read("saved_models/vr/tables.npz"));
    Map<?, ?> content = (Map<?, ?>) Json.read(manifest);
    Map<?, ?> channels = (Map<?, ?>) content.get("channels");
    Check.equal(model.name, "vr");
    Check.equal(model.id, content.get("model_id"));
    Check.equal((double) model.latents, channels.get("y"));
    Check.equal((double) model.hyperLatents, channels.get("z"));
    Check.equal(model.tables.rows, model.zIndex + model.hyperLatents);
  }

  static void testAManifestThatDoesNotFitIsRefused() {
    refused("the whole", "[]");
    refused("channels is not an object", "{}");
    refused("model_id is not 16", manifest("0123", 4, 1, 1, 6));
    refused("y is not an integer", manifest("0123456789abcdef", 0, 1, 1, 6));
    refused("z_rows is not a row", manifest("0123456789abcdef", 4, 2, 1, 6));
    refused("z_rows is not an integer", manifest("0123456789abcdef", 4, 1, 3, 6));
    refused("synthesis is not", manifest("0123456789abcdef", 4, 1, 1, -1));
    refused("y is not", manifest("0123456789abcdef", 4, 1, 1, 6).replace(": 4", ": 4.5"));
    refused("y is not", manifest("0123456789abcdef", 4, 1, 1, 6).replace(": 4", ": NaN"));
  }

  static void testAPlanOfSeveralPassesNeedsANewerReader() throws Exception {
    for (String plan : new String[] {"[[0, 0], [0, 0]]", "0"}) {
      Check.equal(with("plan", plan).latents, 4);
    }
    for (String plan : new String[] {"[[0, 1], [1, 0]]", "4", "{}", "null", "\"latin-square\""}) {
      Check.refused("plan is not one pass", () -> with("plan", plan));
    }
  }

  static void testANewerSchemaNeedsANewerReader() throws Exception {
    Check.equal(with("schema", "1").latents, 4);
    Check.refused("schema 2; this reader knows 1", () -> with("schema", "2"));
    refused("schema 7", "{\"schema\": 7, \"channels\": [4, 1]}"); // whatever else it has
    for (String broken : new String[] {"0", "-1", "1.5", "true", "null", "\"1\"", "NaN"}) {
      Check.refused("schema is not an integer", () -> with("schema", broken));
    }
  }

  private static Model with(String key, String value) throws Exception {
    String manifest = manifest("0123456789abcdef", 4, 1, 1, 6);
    String more = manifest.replace("{\"name\"", "{\"" + key + "\": " + value + ", \"name\"");
    return Model.read(Data.utf8(more), TablesTest.zip(TablesTest.smallTables()));
  }

  private static String manifest(String id, int y, int z, int zRows, int synthesis) {
    return String.format(Data.MANIFEST, id, y, z, zRows, synthesis, "");
  }

  private static void refused(String message, String manifest) {
    Check.refused(
        message,
        () -> Model.read(Data.utf8(manifest), TablesTest.zip(TablesTest.smallTables())));
  }
}
