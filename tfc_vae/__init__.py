"""tfc_vae: a learned image codec to deploy.

    data = tfc_vae.compress(image, quality=50)  # bytes of a .tfcv file
    pixels = tfc_vae.decompress(data)           # uint8 (H, W, 3)

Neither call imports TensorFlow; training and export do (`tfc_vae.training`,
`tfc_vae.export`).
"""

__version__ = "0.1.0"
