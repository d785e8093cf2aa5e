package tfcvae;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads JSON as Python writes it: the standard, and NaN and Infinity.
 *
 * <p>Objects become maps, arrays lists, numbers doubles. Android has a reader of its own, a plain
 * JVM has none, and a manifest is not worth a dependency.
 */
final class Json {
  private static final int MAX_DEPTH = 64; // bounds the recursion
  private static final String NUMBER = "-?(0|[1-9][0-9]*)([.][0-9]+)?([eE][+-]?[0-9]+)?";

  private final String text;
  private int at;

  private Json(String text) {
    this.text = text;
  }

  /** Reads one value and nothing behind it; UTF-8. */
  static Object read(byte[] data) throws FormatException {
    Json json;
    try {
      ByteBuffer bytes = ByteBuffer.wrap(data);
      json = new Json(StandardCharsets.UTF_8.newDecoder().decode(bytes).toString());
    } catch (CharacterCodingException error) {
      throw new FormatException(Fault.MODEL, "not JSON: not in UTF-8", error);
    }
    Object value = json.value(0);
    json.space();
    if (json.at < json.text.length()) {
      throw json.error("nothing more");
    }
    return value;
  }

  private Object value(int depth) throws FormatException {
    space();
    if (depth > MAX_DEPTH) {
      throw error("at most " + MAX_DEPTH + " levels");
    }
    switch (peek()) {
      case '{':
        return object(depth);
      case '[':
        return array(depth);
      case '"':
        return string();
      default:
        return word();
    }
  }

  private Map<String, Object> object(int depth) throws FormatException {
    Map<String, Object> object = new LinkedHashMap<>();
    take('{');
    if (skip('}')) {
      return object;
    }
    do {
      space();
      String key = string();
      take(':');
      Object value = value(depth + 1);
      if (object.containsKey(key)) {
        throw error("each key once; \"" + key + "\" comes again");
      }
      object.put(key, value);
    } while (skip(','));
    take('}');
    return object;
  }

  private List<Object> array(int depth) throws FormatException {
    List<Object> array = new ArrayList<>();
    take('[');
    if (skip(']')) {
      return array;
    }
    do {
      array.add(value(depth + 1));
    } while (skip(','));
    take(']');
    return array;
  }

  private String string() throws FormatException {
    StringBuilder string = new StringBuilder();
    take('"');
    while (peek() != '"') {
      char next = text.charAt(at++);
      if (next < ' ') {
        throw error("no control character in a string");
      }
      string.append(next == '\\' ? escaped() : next);
    }
    at++;
    return string.toString();
  }

  private char escaped() throws FormatException {
    char next = peek();
    at++;
    int simple = "\"\\/bfnrt".indexOf(next);
    if (simple >= 0) {
      return "\"\\/\b\f\n\r\t".charAt(simple);
    }
    String digits = text.substring(at, Math.min(at + 4, text.length()));
    if (next != 'u' || !digits.matches("[0-9a-fA-F]{4}")) {
      throw error("an escape of a string");
    }
    at += 4;
    return (char) Integer.parseInt(digits, 16);
  }

  private Object word() throws FormatException {
    int start = at;
    while (at < text.length() && ",:]}[{\" \t\r\n".indexOf(text.charAt(at)) < 0) {
      at++;
    }
    String word = text.substring(start, at);
    switch (word) {
      case "true":
        return Boolean.TRUE;
      case "false":
        return Boolean.FALSE;
      case "null":
        return null;
      case "NaN":
        return Double.NaN;
      case "Infinity":
        return Double.POSITIVE_INFINITY;
      case "-Infinity":
        return Double.NEGATIVE_INFINITY;
      default:
        if (word.length() > 64 || !word.matches(NUMBER)) {
          at = start;
          throw error("a value");
        }
        return Double.valueOf(word);
    }
  }

  private void space() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
  }

  private char peek() throws FormatException {
    if (at >= text.length()) {
      throw error("more text");
    }
    return text.charAt(at);
  }

  private void take(char expected) throws FormatException {
    if (!skip(expected)) {
      throw error("'" + expected + "'");
    }
  }

  /** Steps over white space and, if it is the next, a character. */
  private boolean skip(char expected) {
    space();
    boolean found = at < text.length() && text.charAt(at) == expected;
    at += found ? 1 : 0;
    return found;
  }

  private FormatException error(String expected) {
    return new FormatException(
        Fault.MODEL, "not JSON: expected " + expected + " at character " + at);
  }
}
