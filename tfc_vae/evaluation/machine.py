"""On what was measured: the processor, the versions, and how many threads."""

import hashlib
import importlib.metadata
import json
import os
import platform
from pathlib import Path

from PIL import features

import tfc_vae

_PACKAGES = ("numpy", "pillow", "ai-edge-litert", "tensorflow")
_PACKAGES += ("imagecodecs", "pillow-heif")
_LIBRARIES = {  # Pillow's name of it: its own
    "libjpeg_turbo": "libjpeg-turbo",
    "webp": "libwebp",
    "avif": "libavif",
    "jpg_2000": "OpenJPEG",
}


def cores():
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):  # Linux
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def conditions(jobs, threads):
    """What times depend on, as plain values.

    jobs: processes at a time; threads: of each of them.
    """
    return {
        "processor": processor(),
        "cores": cores(),
        "system": f"{platform.system()} {platform.machine()}",
        "jobs": jobs,
        "threads": threads,
        "versions": _versions(),
    }


def digest(conditions):
    """A short text that differs where conditions differ, whatever the versions.

    Those that matter to an entrant are part of its identity: one more package must not
    make all other measurements worthless.
    """
    rest = {key: value for key, value in conditions.items() if key != "versions"}
    text = json.dumps(rest, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def processor():
    """The name of the processor."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":", 1)[1] for line in lines if line.startswith("model name")]
    return next(iter(names), platform.processor() or "unknown").strip()


def _versions():
    found = {"tfc_vae": tfc_vae.__version__, "python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    libraries = {name: features.version(key) for key, name in _LIBRARIES.items()}
    return {**found, **{name: v for name, v in libraries.items() if v}}
