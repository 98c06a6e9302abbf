"""One worker of the studio: a process of its own that draws one picture after another and leaves with its parent.

Started by `workers`. A job comes in over standard input as the engine's request in plain values, with the init image
and the mask as files; the answer goes out as the finished file in base64, so that it crosses the pipe once.
"""

import base64
import importlib
import importlib.util
import io
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from helpers.studio import pipe

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from helpers.studio.engine.protocol import Engine, EngineRequest

    Pixels = npt.NDArray[np.uint8]

DEFAULT_ENGINE = "helpers.studio.engine:create"

_FORMATS = ("PNG", "JPEG", "WEBP")
_JPEG_QUALITY = 92
_BLUR_SHARE = 1 / 16  # radius of the blur that hides a filtered picture, as a share of its shorter side
_GREY = 128


class UploadError(Exception):
    """A picture in the request that does not decode: the field's name, and why."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(why)
        self.field = field


def main() -> None:
    """Draw until standard input ends; then leave at once, even from the middle of a picture."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    jobs_in, answers = pipe.private_stdin(), pipe.private_stdout()
    jobs: queue.SimpleQueue[tuple[dict[str, Any], list[bytes]]] = queue.SimpleQueue()

    def read() -> None:
        while (message := pipe.receive(jobs_in)) is not None:
            jobs.put(message)
        os._exit(0)

    threading.Thread(target=read, daemon=True).start()
    draw = _drawing(sys.argv[1] if len(sys.argv) > 1 else DEFAULT_ENGINE)
    while True:
        job = jobs.get()
        pipe.send(answers, {"begun": True})
        head, parts = draw(*job)
        pipe.send(answers, head, *parts)


def _drawing(engine_name: str) -> Callable[[dict[str, Any], list[bytes]], tuple[dict[str, Any], list[bytes]]]:
    try:
        engine = engine_maker(engine_name)()
    except Exception as error:
        broken = {"error": "start", "message": f"The studio's engine did not start: {_sentence(error)}"}
        return lambda head, parts: (broken, [])

    def draw(head: dict[str, Any], parts: list[bytes]) -> tuple[dict[str, Any], list[bytes]]:
        try:
            return _answer(engine, head, parts)
        except UploadError as error:
            return {"error": "upload", "field": error.field, "message": str(error)}, []
        except Exception as error:
            return {"error": "engine", "message": f"The studio's engine failed: {_sentence(error)}"}, []

    return draw


def engine_maker(name: str) -> Callable[[], "Engine"]:
    """The maker of an engine, by `module:function` or `path/to/file.py:function`."""
    place, _, function = name.rpartition(":")
    if place.endswith(".py"):
        spec = importlib.util.spec_from_file_location("studio_engine_from_file", place)
        if spec is None or spec.loader is None:
            raise ImportError(f"no module at {place}")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    else:
        module = importlib.import_module(place)
    make: Callable[[], Engine] = getattr(module, function)
    return make


def _answer(engine: "Engine", head: dict[str, Any], parts: list[bytes]) -> tuple[dict[str, Any], list[bytes]]:
    request = _request(head, parts)
    began = time.perf_counter()
    unknown: tuple[str, ...] = ()
    if head["finish"] == "ERROR":
        pixels = _grey(request)
    else:
        result = engine.generate(request)
        pixels, unknown = result.pixels, result.unknown_words
    seconds = time.perf_counter() - began
    if head["finish"] == "CONTENT_FILTERED":
        pixels = _blurred(pixels)
    file = base64.b64encode(_encoded(pixels, head["format"]))
    return {"unknown": list(unknown), "engine_ms": round(seconds * 1000, 1)}, [file]


def _request(head: dict[str, Any], parts: list[bytes]) -> "EngineRequest":
    from helpers.studio.engine.protocol import EngineRequest, Prompt

    uploads = dict(zip(head["uploads"], parts, strict=True))
    init, mask = None, None
    if "init_image" in uploads:
        init, alpha = _init_image(uploads["init_image"])
        mask = _mask(head["mask_source"], uploads.get("mask_image"), alpha)
    prompts = tuple(Prompt(text, weight) for text, weight in head["prompts"])
    return EngineRequest(prompts=prompts, init_image=init, mask=mask, **head["request"])


def _init_image(file: bytes) -> tuple["Pixels", "Pixels"]:
    """Its colours, (height, width, 3), and its opacity, (height, width)."""
    import numpy as np

    pixels = np.asarray(_decoded("init_image", file, "RGBA"))
    return np.ascontiguousarray(pixels[..., :3]), pixels[..., 3]


def _mask(source: str | None, file: bytes | None, alpha: "Pixels") -> "Pixels | None":
    """(height, width), 255 = may change, whatever way round the request has it."""
    import numpy as np

    if source is None:
        return None
    if source == "INIT_IMAGE_ALPHA" or file is None:
        return np.ascontiguousarray(255 - alpha)
    light = np.asarray(_decoded("mask_image", file, "L"))
    return np.ascontiguousarray(light if source == "MASK_IMAGE_WHITE" else 255 - light)


def _decoded(field: str, file: bytes, mode: str) -> Any:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(file), formats=_FORMATS) as opened:
            image: Image.Image = opened
            if image.mode.startswith("I"):  # 16 bits a pixel: Pillow would clip where it should scale
                image = image.convert("I").point(lambda value: value / 256).convert("L")
            return image.convert(mode)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UploadError(field, f"the picture does not decode ({error})") from None


def _grey(request: "EngineRequest") -> "Pixels":
    import numpy as np

    return np.full((request.height, request.width, 3), _GREY, np.uint8)


def _blurred(pixels: "Pixels") -> "Pixels":
    import numpy as np
    from PIL import Image, ImageFilter

    radius = min(pixels.shape[:2]) * _BLUR_SHARE
    return np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(radius)))


def _encoded(pixels: "Pixels", file_format: str) -> bytes:
    if file_format == "png":
        from helpers.studio import png

        return png.encode(pixels)
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels).save(file, file_format.upper(), quality=_JPEG_QUALITY)
    return file.getvalue()


def _sentence(error: Exception) -> str:
    """What went wrong and in which line, in one line."""
    trace, where = error.__traceback__, ""
    while trace is not None:
        where = f"{os.path.basename(trace.tb_frame.f_code.co_filename)}, line {trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(error).__name__}: {error} ({where})"


if __name__ == "__main__":
    main()
