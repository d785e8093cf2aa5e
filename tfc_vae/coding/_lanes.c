/* The loops of lanes.py in C: the same bytes, many times as fast.
 *
 * reference.py is the definition; lanes.py works without this file: a machine that has no C
 * compiler at installation uses NumPy. Symbols are taken one after the other; symbol i
 * of a group belongs to lane i mod L, so words are read in the order of lanes.py.
 *
 * All arrays are C-contiguous and checked by the caller for type; what comes from a
 * file (rows, words, escapes) is checked here, so that no input reads out of bounds.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>

#define LOW (1u << 15)
#define ESCAPE (-32768)

enum { OK, FEW_WORDS, FEW_ESCAPES, BAD_ROW, NOT_SKIPPED };

static PyObject *
failed(int problem)
{
    static const char *const text[] = {
        "",
        "too few words: the stream is damaged",
        "too few escaped values: the stream is damaged",
        "a row does not exist",
        "values in skipped rows must be 0: they are not coded",
    };
    PyErr_SetString(PyExc_ValueError, text[problem]);
    return NULL;
}

/* pop(state, words, escapes, rows, skip, entries, values, precision, out)
 *     -> words taken, escapes taken
 * state uint32 (lanes,) is changed; words uint16, escapes int16; rows int16 (n,); skip
 * bool (table rows,); entries int32 and values int16, one per place; out int16 (n,). */
static PyObject *
pop(PyObject *Py_UNUSED(self), PyObject *args)
{
    Py_buffer state_b, words_b, escapes_b, rows_b, skip_b, entries_b, values_b, out_b;
    Py_ssize_t at = 0, escape_at = 0;
    int precision;
    if (!PyArg_ParseTuple(args, "w*y*y*y*y*y*y*iw*", &state_b, &words_b, &escapes_b,
                          &rows_b, &skip_b, &entries_b, &values_b, &precision, &out_b))
        return NULL;
    uint32_t *state = state_b.buf;
    const uint16_t *words = words_b.buf;
    const int16_t *escapes = escapes_b.buf, *values = values_b.buf;
    const int16_t *rows = rows_b.buf;
    const uint32_t *entries = entries_b.buf;
    const uint8_t *skip = skip_b.buf;
    int16_t *out = out_b.buf;
    const Py_ssize_t lanes = state_b.len / 4, n = rows_b.len / 2;
    const Py_ssize_t word_count = words_b.len / 2, escape_count = escapes_b.len / 2;
    const uint32_t table_rows = (uint32_t)skip_b.len, mask = (1u << precision) - 1;
    int problem = OK;

    Py_BEGIN_ALLOW_THREADS
    Py_ssize_t lane = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        const uint32_t row = (uint32_t)rows[i]; /* a negative one becomes huge */
        if (row >= table_rows) {
            problem = BAD_ROW;
            break;
        }
        if (skip[row]) {
            out[i] = 0;
            continue;
        }
        uint32_t x = state[lane];
        const uint32_t place = row << precision | (x & mask);
        const uint32_t entry = entries[place]; /* frequency << 16 | slot - start */
        x = (entry >> 16) * (x >> precision) + (entry & 0xFFFF);
        if (x < LOW) {
            if (at == word_count) {
                problem = FEW_WORDS;
                break;
            }
            x = x << 16 | words[at++];
        }
        state[lane] = x;
        lane = lane + 1 == lanes ? 0 : lane + 1;
        int16_t value = values[place];
        if (value == ESCAPE) {
            if (escape_at == escape_count) {
                problem = FEW_ESCAPES;
                break;
            }
            value = escapes[escape_at++];
        }
        out[i] = value;
    }
    Py_END_ALLOW_THREADS

    PyBuffer_Release(&state_b);
    PyBuffer_Release(&words_b);
    PyBuffer_Release(&escapes_b);
    PyBuffer_Release(&rows_b);
    PyBuffer_Release(&skip_b);
    PyBuffer_Release(&entries_b);
    PyBuffer_Release(&values_b);
    PyBuffer_Release(&out_b);
    return problem ? failed(problem) : Py_BuildValue("nn", at, escape_at);
}

/* find(values, rows, skip, low, size, first, out) -> (coded, escaped)
 * The flat symbol of each coded value, in order, into the start of out int32 (n,);
 * values int16 (n,), rows int16 (n,); low, size, first int32 per table row. */
static PyObject *
find(PyObject *Py_UNUSED(self), PyObject *args)
{
    Py_buffer values_b, rows_b, skip_b, low_b, size_b, first_b, out_b;
    if (!PyArg_ParseTuple(args, "y*y*y*y*y*y*w*", &values_b, &rows_b, &skip_b, &low_b,
                          &size_b, &first_b, &out_b))
        return NULL;
    const int16_t *values = values_b.buf, *rows = rows_b.buf;
    const int32_t *low = low_b.buf, *size = size_b.buf, *first = first_b.buf;
    const uint8_t *skip = skip_b.buf;
    int32_t *out = out_b.buf;
    const Py_ssize_t n = values_b.len / 2;
    const uint32_t table_rows = (uint32_t)skip_b.len;
    Py_ssize_t coded = 0, escaped = 0;
    int problem = OK;

    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t i = 0; i < n; i++) {
        const uint32_t row = (uint32_t)rows[i]; /* a negative one becomes huge */
        const int32_t value = values[i];
        if (row >= table_rows)
            problem = BAD_ROW;
        else if (skip[row] && value)
            problem = NOT_SKIPPED;
        if (problem)
            break;
        if (skip[row])
            continue;
        const uint32_t offset = (uint32_t)(value - low[row]);
        const int inside = offset < (uint32_t)size[row];
        out[coded++] = first[row] + (inside ? (int32_t)offset : size[row]);
        escaped += !inside;
    }
    Py_END_ALLOW_THREADS

    PyBuffer_Release(&values_b);
    PyBuffer_Release(&rows_b);
    PyBuffer_Release(&skip_b);
    PyBuffer_Release(&low_b);
    PyBuffer_Release(&size_b);
    PyBuffer_Release(&first_b);
    PyBuffer_Release(&out_b);
    return problem ? failed(problem) : Py_BuildValue("nn", coded, escaped);
}

/* push(state, symbols, frequency, start, precision, words, free) -> free
 * One group onto the lanes, last symbol first. Words are written backwards, from
 * words[free - 1] down; words uint16 needs room for one word per symbol. */
static PyObject *
push(PyObject *Py_UNUSED(self), PyObject *args)
{
    Py_buffer state_b, symbols_b, frequency_b, start_b, words_b;
    int precision;
    Py_ssize_t free_words;
    if (!PyArg_ParseTuple(args, "w*y*y*y*iw*n", &state_b, &symbols_b, &frequency_b,
                          &start_b, &precision, &words_b, &free_words))
        return NULL;
    uint32_t *state = state_b.buf;
    const int32_t *symbols = symbols_b.buf;
    const int32_t *frequency = frequency_b.buf, *start = start_b.buf;
    uint16_t *words = words_b.buf;
    const Py_ssize_t lanes = state_b.len / 4, n = symbols_b.len / 4;

    Py_BEGIN_ALLOW_THREADS
    Py_ssize_t lane = n % lanes;
    for (Py_ssize_t i = n; i-- > 0;) {
        lane = (lane ? lane : lanes) - 1;
        const uint32_t f = (uint32_t)frequency[symbols[i]];
        uint32_t x = state[lane];
        if (x >> (31 - precision) >= f) {
            words[--free_words] = (uint16_t)x;
            x >>= 16;
        }
        const uint32_t q = x / f;
        state[lane] = (q << precision) + (x - q * f) + (uint32_t)start[symbols[i]];
    }
    Py_END_ALLOW_THREADS

    PyBuffer_Release(&state_b);
    PyBuffer_Release(&symbols_b);
    PyBuffer_Release(&frequency_b);
    PyBuffer_Release(&start_b);
    PyBuffer_Release(&words_b);
    return PyLong_FromSsize_t(free_words);
}

static PyMethodDef methods[] = {
    {"pop", pop, METH_VARARGS, "Takes one group from the lanes."},
    {"find", find, METH_VARARGS, "Finds the flat symbols of one group."},
    {"push", push, METH_VARARGS, "Puts one group on the lanes."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_lanes",
    .m_doc = "The loops of lanes.py in C.",
    .m_size = -1,
    .m_methods = methods,
};

PyMODINIT_FUNC
PyInit__lanes(void)
{
    return PyModule_Create(&module);
}
