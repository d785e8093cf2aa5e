"""Pillow plugin: `import tfc_vae.pillow`, and Pillow reads and writes .tfcv files.

    import tfc_vae.pillow
    from PIL import Image

    Image.open("photo.png").save("photo.tfcv", quality=60)
    Image.open("photo.tfcv").convert("L").show()

`Image.open` reads the header only: size, mode "RGB", info["quality"] and
info["model_id"]. The pixels are decoded when they are first needed. As with Pillow's
own formats, a damaged header is an `UnidentifiedImageError` at open, damaged content an
`OSError` at load, and Pillow's limit on pixels holds.

`save` takes quality (1 to 100, by default 50) and model (name or folder).
"""

import io

from PIL import Image, ImageFile

import tfc_vae
from tfc_vae import container, images
from tfc_vae.codec import ModelError
from tfc_vae.container import FormatError

FORMAT, EXTENSION, MIME = "TFCV", ".tfcv", "image/x-tfcv"


class TfcvImageFile(ImageFile.ImageFile):
    """A .tfcv file, decoded on `load`."""

    format = FORMAT
    format_description = "tfc_vae learned image codec"

    def _open(self):
        try:
            # Without a limit here: Pillow applies its own to the size right after.
            header = container.read_header(
                self.fp.read(container.HEADER_SIZE), max_pixels=2**64
            )
        except FormatError as error:
            raise SyntaxError(str(error)) from error  # what Pillow expects here
        self._size = header.width, header.height
        self._mode = "RGB"
        self.info["quality"] = header.quality
        self.info["model_id"] = header.model_id.hex()
        self.tile = [ImageFile._Tile("tfcv", (0, 0) + self.size, 0, None)]

    def load(self):
        """Decodes the pixels; raises OSError if the content is damaged."""
        if self.tile and self.tile[0].codec_name == "tfcv":
            pixels = self._checked(tfc_vae.decompress)
            # The rest is Pillow's: it closes the file, and fills this image's memory.
            if self._exclusive_fp:
                self.fp.close()
            self.fp = io.BytesIO(pixels.tobytes())
            self.tile = [ImageFile._Tile("raw", (0, 0) + self.size, 0, "RGB")]
        return super().load()

    def verify(self):
        """Compares the checksums, without decoding; raises OSError if one differs."""
        self._checked(container.unpack)
        super().verify()

    def _checked(self, function):
        self.fp.seek(0)
        try:
            return function(self.fp.read())
        except (FormatError, ModelError) as error:
            raise OSError(str(error)) from error


def _accept(prefix):
    return prefix.startswith(container.MAGIC)


def _save(image, file, filename):
    options = image.encoderinfo
    data = tfc_vae.compress(
        images.from_pil(image), options.get("quality", 50), options.get("model")
    )
    file.write(data)


Image.register_open(FORMAT, TfcvImageFile, _accept)
Image.register_save(FORMAT, _save)
Image.register_extension(FORMAT, EXTENSION)
Image.register_mime(FORMAT, MIME)
