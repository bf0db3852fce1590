"""Makes cases.json and fit.json beside this file: PNG files of every kind, written by libpng, with what numpy knows to
be in them; and images that Pillow has scaled and cropped. Needs Linux, numpy, Pillow and libpng16."""

import base64
import ctypes as c
import json
import os
import tempfile

import numpy as np
from PIL import Image, ImageOps

NAMES = {0: "grey", 2: "rgb", 3: "palette", 4: "greyalpha", 6: "rgba"}
SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
ALL_FILTERS = 0xF8

libc = c.CDLL(None)
png = c.CDLL("libpng16.so.16")
pointer = c.c_void_p
libc.fopen.restype, libc.fopen.argtypes = pointer, [c.c_char_p, c.c_char_p]
libc.fclose.argtypes = [pointer]
png.png_get_libpng_ver.restype, png.png_get_libpng_ver.argtypes = c.c_char_p, [pointer]
png.png_create_write_struct.restype, png.png_create_write_struct.argtypes = pointer, [c.c_char_p] + 3 * [pointer]
png.png_create_info_struct.restype, png.png_create_info_struct.argtypes = pointer, [pointer]
for call in ("init_io", "write_info", "write_image", "write_end"):
    getattr(png, "png_" + call).argtypes = [pointer, pointer]
png.png_set_IHDR.argtypes = 2 * [pointer] + 2 * [c.c_uint32] + 5 * [c.c_int]
png.png_set_PLTE.argtypes = [pointer, pointer, c.c_char_p, c.c_int]
png.png_set_tRNS.argtypes = [pointer, pointer, c.c_char_p, c.c_int, pointer]
png.png_set_filter.argtypes = [pointer, c.c_int, c.c_int]


class Colour(c.Structure):
    _fields_ = [("index", c.c_uint8)] + [(name, c.c_uint16) for name in ("red", "green", "blue", "gray")]


def packed(row, depth):
    if depth == 16:
        return row.astype(">u2").tobytes()
    bits = (row[:, None] >> np.arange(depth - 1, -1, -1)) & 1
    return np.packbits(bits.astype(np.uint8).ravel()).tobytes()


def write(path, samples, depth, colour, interlaced, palette, alphas, key):
    height, width, channels = samples.shape
    rows = [c.create_string_buffer(packed(row, depth)) for row in samples.reshape(height, width * channels)]
    file = libc.fopen(path.encode(), b"wb")
    state = png.png_create_write_struct(png.png_get_libpng_ver(None), None, None, None)
    info = png.png_create_info_struct(state)
    png.png_init_io(state, file)
    png.png_set_IHDR(state, info, width, height, depth, colour, interlaced, 0, 0)
    png.png_set_filter(state, 0, ALL_FILTERS)
    if palette is not None:
        png.png_set_PLTE(state, info, palette.astype(np.uint8).tobytes(), len(palette))
    if alphas is not None:
        png.png_set_tRNS(state, info, bytes(alphas), len(alphas), None)
    if key is not None:
        transparent = Colour(0, *key, 0) if len(key) == 3 else Colour(0, 0, 0, 0, *key)
        png.png_set_tRNS(state, info, None, 1, c.byref(transparent))
    png.png_write_info(state, info)
    png.png_write_image(state, (pointer * height)(*[c.addressof(row) for row in rows]))
    png.png_write_end(state, info)
    libc.fclose(file)


def case(path, random, colour, depth, interlaced, transparent, height=11, width=13):
    y, x = np.mgrid[0:height, 0:width]
    top = (1 << depth) - 1
    waves = [(x * (3 + i) + y * (2 * i + 1)) / ((3 + i) * width + (2 * i + 1) * height) for i in range(SAMPLES[colour])]
    samples = np.round(np.stack(waves, -1) * top).astype(np.int64)
    palette = alphas = key = None
    alpha = np.full((height, width), 255)
    if colour == 3:
        entries = min(top + 1, 200)
        samples = samples * (entries - 1) // top
        palette = random.randint(0, 256, (entries, 3))
        of_entry = np.full(entries, 255)
        if transparent:
            alphas = [0, 128, 255][:entries]
            of_entry[: len(alphas)] = alphas
        rgb, alpha = palette[samples[..., 0]], of_entry[samples[..., 0]]
    else:
        rgb = (samples[..., : 1 if colour in (0, 4) else 3] * 255 + top // 2) // top
        if colour in (4, 6):
            alpha = (samples[..., -1] * 255 + top // 2) // top
        if transparent:
            key = [int(v) for v in samples[height // 2, width // 2]]
            alpha = np.where((samples == key).all(-1), 0, 255)
    write(path, samples, depth, colour, interlaced, palette, alphas, key)
    on_white = np.floor((rgb * alpha[..., None] + 255 * (255 - alpha[..., None])) / 255 + 0.5).astype(np.uint8)
    with open(path, "rb") as file:
        return {
            "name": NAMES[colour] + str(depth) + "-trns" * transparent + "-adam7" * interlaced,
            "file": base64.b64encode(file.read()).decode(),
            "height": height,
            "width": width,
            "channels": on_white.shape[2],
            "pixels": base64.b64encode(on_white.tobytes()).decode(),
        }


def fit(height, width, target_height, target_width):
    y, x = np.mgrid[0:height, 0:width]
    source = ((x * 7 + y * 13 + x * y // 3) % 256).astype(np.uint8)
    fitted = ImageOps.fit(Image.fromarray(source), (target_width, target_height), Image.BILINEAR)
    return {
        "height": height,
        "width": width,
        "target_height": target_height,
        "target_width": target_width,
        "pixels": base64.b64encode(np.asarray(fitted).tobytes()).decode(),
    }


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    random = np.random.RandomState(1)
    with tempfile.TemporaryDirectory() as folder:
        cases = [
            case(os.path.join(folder, "case.png"), random, colour, depth, interlaced, transparent)
            for colour, depths in DEPTHS.items()
            for depth in depths
            for interlaced in (0, 1)
            for transparent in ((0, 1) if colour in (0, 2, 3) else (0,))
        ]
    sizes = [(40, 60, 16, 16), (61, 37, 16, 16), (9, 7, 16, 16), (20, 20, 16, 8), (100, 16, 16, 16), (33, 50, 12, 20)]
    for name, content in (("cases.json", cases), ("fit.json", [fit(*size) for size in sizes])):
        with open(os.path.join(here, name), "w", encoding="ascii") as file:
            json.dump(content, file, indent=1)
            file.write("\n")


if __name__ == "__main__":
    main()
