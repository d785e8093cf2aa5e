"""Measurements as an aligned Markdown table, and as JSON that says its source."""

import json
import math

from tfc_vae.evaluation.sweep import AVERAGE

# key of a measurement: (heading, format)
COLUMNS = {
    "codec": ("codec", "{}"),
    "bytes": ("bytes", "{:.0f}"),
    "bpp": ("bpp", "{:.3f}"),
    "psnr": ("PSNR dB", "{:.2f}"),
    "ms_ssim": ("MS-SSIM", "{:.4f}"),
    "encode_ms": ("encode ms", "{:.0f}"),
    "decode_ms": ("decode ms", "{:.0f}"),
}


def table(rows):
    """Measurements or averages -> an aligned Markdown table; "-" where unknown."""
    cells = [[heading for heading, _ in COLUMNS.values()]]
    cells += [
        [_cell(row[key], form) for key, (_, form) in COLUMNS.items()] for row in rows
    ]
    widths = [max(len(cell) for cell in column) for column in zip(*cells, strict=True)]
    rule = ["-" * widths[0]] + ["-" * (width - 1) + ":" for width in widths[1:]]
    lines = [_line(cells[0], widths), _line(rule, widths)]
    return "\n".join(lines + [_line(row, widths) for row in cells[1:]]) + "\n"


def to_json(rows, command):
    """Measurements as a JSON document that says how they were made.

    `command` is the exact command that repeats them. A number that JSON has not (the
    PSNR of a lossless image) becomes null.
    """
    rows = [{key: _finite(value) for key, value in row.items()} for row in rows]
    document = {"command": command, "average": AVERAGE, "rows": rows}
    return json.dumps(document, indent=1, allow_nan=False) + "\n"


def _cell(value, form):
    return "-" if value is None else form.format(value)


def _line(cells, widths):
    name, *numbers = cells
    padded = [name.ljust(widths[0])]
    padded += [
        cell.rjust(width) for cell, width in zip(numbers, widths[1:], strict=True)
    ]
    return "| " + " | ".join(padded) + " |"


def _finite(value):
    return None if isinstance(value, float) and not math.isfinite(value) else value
