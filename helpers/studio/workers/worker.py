"""One worker of the studio: a process that draws one picture after another with one engine, and ends with its parent.

`pool` starts it. Its first message is its greeting: the engine's name and version, and the needs that concern the pool.
Then each job comes in over standard input: a task in plain values, with the init image and the mask as files. Its
answer is the finished file in base64, ready to be sent on, followed by the steps of the trace.
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
from types import ModuleType
from typing import TYPE_CHECKING, Any

from helpers.studio.children import private_stdin, private_stdout
from helpers.studio.protocol import TASKS, Engine, Needs, Prompt, Task, TraceStep
from helpers.studio.workers import pipe
from helpers.studio.workers.pipe import Message

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Pixels = npt.NDArray[np.uint8]

_FORMATS = ("PNG", "JPEG", "WEBP")
_JPEG_QUALITY = 92
_BLUR_SHARE = 1 / 16  # radius of the blur that hides a filtered picture, as a share of its shorter side
_GREY = 128
_WHITE = 255
_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


class UploadError(Exception):
    """Raised when an uploaded image does not decode; `field` is its field in the request body."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(why)
        self.field = field


def main() -> None:
    """Draw until standard input ends; then exit at once, even in the middle of a picture."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    jobs_in, answers = private_stdin(), private_stdout()
    jobs: queue.SimpleQueue[Message] = queue.SimpleQueue()

    def read() -> None:
        while (message := pipe.receive(jobs_in)) is not None:
            jobs.put(message)
        os._exit(0)

    threading.Thread(target=read, daemon=True).start()
    try:
        engine, needs = make_engine(sys.argv[1])
        greeting = _greeting(engine, needs)
    except Exception as error:
        pipe.send(answers, {"error": "start", "message": f"The studio's engine did not start: {_sentence(error)}"})
        os._exit(1)
    pipe.send(answers, greeting)
    while True:
        job = jobs.get()
        pipe.send(answers, {"begun": True})
        head, parts = _answer_or_error(engine, *job)
        pipe.send(answers, head, *parts)


def make_engine(name: str) -> tuple[Engine, Needs]:
    """Return the engine that `name` gives, `module:function` or `path/to/file.py:function`, and its needs.

    Sets the number of BLAS and OpenMP threads in this process's environment: to one until the needs are known, then to
    `Needs.threads`.
    """
    source, _, function = name.rpartition(":")
    _set_threads(Needs().threads)
    module = _module(source)
    needs: Needs = getattr(module, "NEEDS", Needs())
    _set_threads(needs.threads)
    engine: Engine = getattr(module, function)()
    return engine, needs


def _module(source: str) -> ModuleType:
    if not source.endswith(".py"):
        return importlib.import_module(source)
    spec = importlib.util.spec_from_file_location("studio_engine_from_file", source)
    if spec is None or spec.loader is None:
        raise ImportError(f"no module at {source}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _set_threads(number: int) -> None:
    for variable in _THREADS:
        os.environ[variable] = str(number)


def _greeting(engine: Engine, needs: Needs) -> dict[str, Any]:
    for word in (engine.name, engine.version):  # they go into a header, with a space between
        if not (word.isascii() and word.isprintable() and word and " " not in word):
            raise ValueError(f"an engine's name and version are one word each, of visible ASCII characters: {word!r}")
    return {"name": engine.name, "version": engine.version, "workers": needs.workers, "patience": needs.patience}


def _answer_or_error(engine: Engine, head: dict[str, Any], parts: list[bytes]) -> Message:
    try:
        return _answer(engine, head, parts)
    except UploadError as error:
        return {"error": "upload", "field": error.field, "message": str(error)}, []
    except Exception as error:
        return {"error": "engine", "message": f"The studio's engine failed: {_sentence(error)}"}, []


def _answer(engine: Engine, head: dict[str, Any], parts: list[bytes]) -> Message:
    task = _task(head, parts)
    started = time.perf_counter()
    unknown: tuple[str, ...] = ()
    words: tuple[tuple[str, str], ...] = ()
    steps: tuple[TraceStep, ...] = ()
    traced = head["trace"] and head["finish"] == "SUCCESS"  # the steps would show what a blur hides
    if head["finish"] == "ERROR":
        pixels = _grey(task)
    else:
        result = engine.generate(task, trace=traced)
        pixels, unknown, words = result.pixels, result.unknown_words, result.words
        if pixels.ndim != 3:
            raise ValueError(f"a picture is (height, width, 3 or 4), and this is {pixels.shape}")
        steps = result.trace.steps if traced and result.trace is not None else ()
    seconds = time.perf_counter() - started
    if head["finish"] == "CONTENT_FILTERED":
        pixels = _blurred(pixels)
    files = [_encoded(pixels, head["format"]), *(_step_picture(step) for step in steps)]
    report = {"unknown": list(unknown), "words": list(words), "engine_ms": round(seconds * 1000, 1)}
    return {**report, "sigmas": [float(step.sigma) for step in steps]}, [base64.b64encode(file) for file in files]


def _task(head: dict[str, Any], parts: list[bytes]) -> Task:
    uploads = dict(zip(head["uploads"], parts, strict=True))
    arrays: dict[str, Any] = {}
    if head["start"] is not None:
        size = head["request"]["width"], head["request"]["height"]
        arrays["init_image"], alpha = _init_image(head["start"], uploads[head["start"]], size)
        if head["mask"] is not None:
            field, changes = head["mask"]
            arrays["mask"] = 255 - alpha if changes == "transparent" else _mask(field, uploads[field], changes)
    prompts = tuple(Prompt(text, weight) for text, weight in head["prompts"])
    return TASKS[head["task"]](prompts=prompts, **head["request"], **arrays)


def _init_image(field: str, file: bytes, size: tuple[int, int]) -> tuple["Pixels", "Pixels"]:
    """Return an init image's colours, (height, width, 3), and its alpha, (height, width), both uint8.

    An image of another size than the task's is scaled to cover it and cropped to its middle.
    """
    import numpy as np
    from PIL import Image, ImageOps

    image = _decoded(field, file, "RGBA")
    if image.size != size:
        image = ImageOps.fit(image, size, Image.Resampling.LANCZOS)
    pixels = np.asarray(image)
    return np.ascontiguousarray(pixels[..., :3]), np.ascontiguousarray(pixels[..., 3])


def _mask(field: str, file: bytes, changes: str) -> "Pixels":
    """Return a mask as (height, width), uint8, 255 where the image may change, whichever polarity the upload has."""
    import numpy as np

    light = np.asarray(_decoded(field, file, "L"))
    return np.ascontiguousarray(light if changes == "white" else 255 - light)


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


def _grey(task: Task) -> "Pixels":
    import numpy as np

    return np.full((task.height, task.width, 3), _GREY, np.uint8)


def _blurred(pixels: "Pixels") -> "Pixels":
    """Return the picture blurred beyond recognition, (height, width, 3); its alpha would still show the outline."""
    import numpy as np
    from PIL import Image, ImageFilter

    radius = min(pixels.shape[:2]) * _BLUR_SHARE
    return np.asarray(Image.fromarray(_over_white(pixels)).filter(ImageFilter.GaussianBlur(radius)))


def _step_picture(step: TraceStep) -> bytes:
    """Return a step's denoised picture as a PNG file of the latent's size, its values clipped to [-1, 1]."""
    import numpy as np

    from helpers.studio.workers import png

    return png.encode(np.rint((np.clip(step.denoised, -1, 1) + 1) * 127.5).astype(np.uint8))


def _encoded(pixels: "Pixels", file_format: str) -> bytes:
    if file_format == "png":
        from helpers.studio.workers import png

        return png.encode(pixels)
    from PIL import Image

    file = io.BytesIO()
    image = Image.fromarray(_over_white(pixels) if file_format == "jpeg" else pixels)
    image.save(file, file_format.upper(), quality=_JPEG_QUALITY)
    return file.getvalue()


def _over_white(pixels: "Pixels") -> "Pixels":
    """Return the picture on white, (height, width, 3), since JPEG has no alpha."""
    import numpy as np

    if pixels.shape[2] == 3:
        return pixels
    colours, alpha = np.split(pixels.astype(np.uint32), [3], axis=2)
    return ((alpha * colours + (255 - alpha) * _WHITE + 127) // 255).astype(np.uint8)


def _sentence(error: Exception) -> str:
    """Return the error with its file and line number, in one line."""
    trace, where = error.__traceback__, ""
    while trace is not None:
        where = f"{os.path.basename(trace.tb_frame.f_code.co_filename)}, line {trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(error).__name__}: {error} ({where})"


if __name__ == "__main__":
    main()
