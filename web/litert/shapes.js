/**
 * Fixes the shapes of one signature of a .tflite file.
 *
 * The files of a model folder have dynamic height and width, and several signatures.
 * LiteRT.js runs fixed shapes only and has no resize (2.5.3: "does not match expected
 * ranked tensor type [-1]"). A fixed tile would not do: beyond an image's border the
 * networks see zeros, and a prediction that sees anything else is another one. So the
 * wanted numbers are written over the -1s before the file is compiled, once per size of
 * window. Nothing moves: a FlatBuffer's vectors are overwritten in place.
 *
 * Field numbers are those of the TFLite schema, version 3 (schema.fbs).
 *
 * @typedef {Record<string, number[]>} Shapes of tensors by their names
 */

import { ModelError } from "../codec/errors.js";

const MODEL = { version: 0, subgraphs: 2, signatures: 7 };
const SUBGRAPH = { tensors: 0, operators: 3 };
const TENSOR = { shape: 0, shapeSignature: 7 };
const SIGNATURE = { inputs: 0, outputs: 1, key: 2, subgraph: 4 };
const TENSOR_MAP = { name: 0, tensor: 1 };

/**
 * The same file with one signature, and that with fixed shapes.
 * Throws ModelError: not such a file, or a name or a fixed dimension does not match.
 *
 * @param {Uint8Array} file a .tflite file; it is left as it is
 * @param {string} signature the one to keep; the other ones lose their operations, so
 *   that a runtime packs no weights for them
 * @param {Shapes} shapes of every input and output
 */
export function fixShapes(file, signature, shapes) {
  try {
    const buffer = new Buffer(file.slice());
    const kept = buffer.keepOnly(signature);
    buffer.setShapes(kept, shapes);
    return buffer.bytes;
  } catch (error) {
    // RangeError: DataView was asked for something behind the end.
    if (error instanceof RangeError) throw new ModelError("not a .tflite file");
    throw error;
  }
}

/** A FlatBuffer: tables have a list of field offsets; vectors a count before them. */
class Buffer {
  /** @param {Uint8Array<ArrayBuffer>} bytes */
  constructor(bytes) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
    this.model = this.target(0);
  }

  /**
   * The positions of the signature's table and of its subgraph's tensors.
   *
   * @param {string} key
   */
  keepOnly(key) {
    const at = this.vector(this.field(this.model, MODEL.signatures));
    const tables = this.tables(this.model, MODEL.signatures);
    const keys = tables.map((table) => this.text(table, SIGNATURE.key));
    const kept = keys.indexOf(key);
    if (kept < 0) throw new ModelError(`no signature ${key} among ${keys.join(", ")}`);
    const signature = tables[kept];
    const subgraphs = this.tables(this.model, MODEL.subgraphs);
    const used = this.number(signature, SIGNATURE.subgraph);
    for (const table of tables) {
      const other = this.number(table, SIGNATURE.subgraph);
      if (other !== used) this.truncate(subgraphs[other], SUBGRAPH.operators);
    }
    // The vector now has one element, which points from its own place.
    this.view.setUint32(at.start, signature - at.start, true);
    this.view.setUint32(at.start - 4, 1, true);
    return { signature, tensors: this.tables(subgraphs[used], SUBGRAPH.tensors) };
  }

  /**
   * @param {{signature: number, tensors: number[]}} kept
   * @param {Shapes} shapes
   */
  setShapes({ signature, tensors }, shapes) {
    const maps = [SIGNATURE.inputs, SIGNATURE.outputs].flatMap((field) =>
      this.tables(signature, field),
    );
    for (const map of maps) {
      const name = this.text(map, TENSOR_MAP.name);
      const tensor = tensors[this.number(map, TENSOR_MAP.tensor)];
      if (!shapes[name]) throw new ModelError(`no shape given for ${name}`);
      this.setShape(name, tensor, shapes[name]);
    }
  }

  /**
   * @param {string} name
   * @param {number} tensor
   * @param {number[]} shape
   */
  setShape(name, tensor, shape) {
    const current = this.vector(this.field(tensor, TENSOR.shape));
    const dynamic = this.vector(this.field(tensor, TENSOR.shapeSignature));
    if (current.count !== shape.length) {
      throw new ModelError(
        `${name} has ${current.count} dimensions, not ${shape.length}`,
      );
    }
    for (const [i, size] of shape.entries()) {
      const free = dynamic.count && this.view.getInt32(dynamic.start + 4 * i, true) < 0;
      const found = this.view.getInt32(current.start + 4 * i, true);
      if (!free && found !== size) {
        throw new ModelError(`dimension ${i} of ${name} is ${found}; expected ${size}`);
      }
      this.view.setInt32(current.start + 4 * i, size, true);
      if (free) this.view.setInt32(dynamic.start + 4 * i, size, true);
    }
  }

  /**
   * The position that an offset at `at` points to.
   *
   * @param {number} at
   */
  target(at) {
    return at + this.view.getUint32(at, true);
  }

  /**
   * The position of a table's field, 0 if the table does not have it.
   *
   * @param {number} table
   * @param {number} number
   */
  field(table, number) {
    const fields = table - this.view.getInt32(table, true);
    const at = 4 + 2 * number;
    const size = this.view.getUint16(fields, true);
    const offset = at < size ? this.view.getUint16(fields + at, true) : 0;
    return offset && table + offset;
  }

  /**
   * An integer field; 0 is what a FlatBuffer does not store.
   *
   * @param {number} table
   * @param {number} number
   */
  number(table, number) {
    const at = this.field(table, number);
    return at && this.view.getUint32(at, true);
  }

  /** @param {number} field */
  vector(field) {
    if (!field) return { count: 0, start: 0 };
    const at = this.target(field);
    return { count: this.view.getUint32(at, true), start: at + 4 };
  }

  /**
   * @param {number} table
   * @param {number} number
   */
  tables(table, number) {
    const { count, start } = this.vector(this.field(table, number));
    if (start + 4 * count > this.bytes.length) throw new RangeError();
    return Array.from({ length: count }, (_, i) => this.target(start + 4 * i));
  }

  /**
   * @param {number} table
   * @param {number} number
   */
  text(table, number) {
    const { count, start } = this.vector(this.field(table, number));
    return new TextDecoder().decode(this.bytes.subarray(start, start + count));
  }

  /**
   * @param {number} table
   * @param {number} number
   */
  truncate(table, number) {
    const field = this.field(table, number);
    if (field) this.view.setUint32(this.target(field), 0, true);
  }
}
