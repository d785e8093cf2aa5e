package tfcvae;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The scalar rules that other languages compute, too: every case of tests/golden/scalars.json. */
final class ScalarsTest {
  /** What only networks compute here. */
  private static final Set<String> NOT_HERE = Set.of("index_shift");

  private ScalarsTest() {}

  static void testEveryCaseComesOutAsInEveryLanguage() throws Exception {
    List<?> cases = (List<?>) Json.read(Data.read("tests/golden/scalars.json"));
    Check.that(cases.size() >= 100, cases.size() + " cases");
    for (Object item : cases) {
      Map<?, ?> one = (Map<?, ?>) item;
      String rule = (String) one.get("f");
      if (!NOT_HERE.contains(rule)) {
        Object found = result(rule, (List<?>) one.get("in"));
        Check.that(found.equals(one.get("out")), one + ": found " + found);
      }
    }
  }

  /** As JSON would have it: numbers are doubles. */
  private static Object result(String rule, List<?> in) {
    try {
      switch (rule) {
        case "quality_q8":
          return (double) Quality.q8(number(in.get(0)));
        case "choose_lanes":
          return (double) Lanes.choose(number(in.get(0)));
        case "varint":
          return varint((long) number(in.get(0)));
        case "read_varint":
          return readVarint(Data.bytes((String) in.get(0)));
        case "y_shape":
          return numbers(Geometry.sideOfY(integer(in, 0)), Geometry.sideOfY(integer(in, 1)));
        case "z_shape":
          return numbers(Geometry.sideOfZ(integer(in, 0)), Geometry.sideOfZ(integer(in, 1)));
        case "spans":
          return spans(Span.cover(integer(in, 0), integer(in, 1), integer(in, 2)));
        default:
          throw new AssertionError("no rule " + rule + " here; is it one for NOT_HERE?");
      }
    } catch (FormatException error) {
      return Map.of("fault", error.fault.id);
    }
  }

  private static String varint(long value) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Packer.writeLength(out, value);
    StringBuilder hex = new StringBuilder();
    for (byte next : out.toByteArray()) {
      hex.append(String.format("%02x", next));
    }
    return hex.toString();
  }

  private static double readVarint(byte[] bytes) throws FormatException {
    byte[] file = Data.concat(new byte[Container.HEADER_SIZE], bytes); // where sections start
    return new Unpacker(file).readLength();
  }

  private static List<Object> spans(List<Span> spans) {
    List<Object> result = new ArrayList<>();
    for (Span span : spans) {
      result.add(numbers(span.windowStart, span.windowStop, span.start, span.stop));
    }
    return result;
  }

  private static double number(Object value) {
    if (value instanceof Double) {
      return (Double) value;
    }
    return value.equals("nan") ? Double.NaN : Double.POSITIVE_INFINITY;
  }

  private static int integer(List<?> in, int at) {
    return (int) number(in.get(at));
  }

  private static List<Double> numbers(int... values) {
    List<Double> numbers = new ArrayList<>();
    Arrays.stream(values).forEach(value -> numbers.add((double) value));
    return numbers;
  }
}
