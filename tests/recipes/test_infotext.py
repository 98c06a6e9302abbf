"""What a saved picture tells about how it was made: to other tools in their own form, and to ours the whole request."""

import base64
import hashlib
import io
import json
import re
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sd_parsers
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from helpers import pictures, recipes
from helpers.calls.answers import Generation
from helpers.errors import ImageError
from helpers.pictures import metadata
from helpers.recipes import infotext, input_files

SDXL = "stability.stable-diffusion-xl-v1"
CORE = "stability.stable-image-core-v1:1"
BODY = {
    "text_prompts": [{"text": "a serene beach at sunset"}, {"text": "dull colours, boats", "weight": -1.0}],
    "cfg_scale": 7.5,
    "sampler": "K_DPMPP_2M",
    "seed": 42,
    "steps": 40,
}
SUFFIXES = (".png", ".jpg", ".webp")


def picture(seed: int = 0, size: tuple[int, int] = (96, 64)) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8))


def file(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def receipt(body: dict[str, Any] | None = None, model: str = SDXL, seed: int | None = 42) -> dict[str, Any]:
    return {"model": model, "seed": seed, "body": BODY if body is None else body, "finish_reason": "SUCCESS"}


def made(body: dict[str, Any], *files: bytes) -> Generation:
    pictures = tuple(Image.open(io.BytesIO(data)) for data in files)
    return Generation(pictures, 42, "SUCCESS", body, SDXL, 0.0, 0.04, 0.25, (), "r-1", "studio", files)


def asking(*prompts: str) -> dict[str, Any]:
    return {**BODY, "text_prompts": [{"text": text} for text in prompts]}


def with_chunk(png: bytes, kind: bytes, data: bytes) -> bytes:
    """The PNG with one chunk more, before its pixels."""
    at = png.index(b"IDAT") - 4
    return png[:at] + struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) + png[at:]


SEEN: list[Image.Image] = []  # sd-parsers knows the last JPEG by its id(), which Python gives again to a later one


def seen_by_sd_parsers(source: Path | bytes) -> Any:
    with Image.open(source if isinstance(source, Path) else io.BytesIO(source)) as image:
        SEEN.append(image)
        return sd_parsers.ParserManager().parse(image)


# ---- other tools ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_sd_parsers_reads_every_setting_from_every_format(tmp_path: Path, suffix: str) -> None:
    path = recipes.save(picture(), tmp_path / f"a{suffix}", metadata=receipt())
    found = seen_by_sd_parsers(path)
    sampler = found.samplers[0]
    assert [prompt.value for prompt in sampler.prompts] == ["a serene beach at sunset"]
    assert [prompt.value for prompt in sampler.negative_prompts] == ["dull colours, boats"]
    assert sampler.name == "K_DPMPP_2M"
    assert sampler.parameters == {"cfg_scale": "7.5", "seed": "42", "steps": "40"}
    assert (sampler.model.name, found.metadata["Size"]) == ("SDXL 1.0", "96x64")


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    ("prompt", "read_as"),
    [
        ("一片宁静的海滩，日落时分", "一片宁静的海滩，日落时分"),
        ("un café à la plage", "un café à la plage"),
        ("a beach\nat sunset\r\n\n  with boats ", "a beach at sunset with boats"),
        ("a sign that says Steps: 5, Sampler: none, Seed: 1", "a sign that says Steps: 5, Sampler: none, Seed: 1"),
        (
            "a beach\nSteps: 5, Sampler: none, CFG scale: 1, Seed: 1",
            "a beach Steps: 5, Sampler: none, CFG scale: 1, Seed: 1",
        ),
        ("Steps: 5", "Steps : 5"),
        ("a sign: Negative prompt: nothing", "a sign: Negative prompt : nothing"),
        ('a <beach> {with} "quotes" \\ and (weights:1.2)', 'a <beach> {with} "quotes" \\ and (weights:1.2)'),
    ],
)
def test_sd_parsers_reads_prompts_in_any_script_and_prompts_that_look_like_settings(
    tmp_path: Path, suffix: str, prompt: str, read_as: str
) -> None:
    path = recipes.save(picture(), tmp_path / f"a{suffix}", metadata=receipt(asking(prompt)))
    sampler = seen_by_sd_parsers(path).samplers[0]
    assert [one.value for one in sampler.prompts] == [read_as]
    assert (sampler.negative_prompts, sampler.name) == ([], "K_DPMPP_2M")
    assert sampler.parameters == {"cfg_scale": "7.5", "seed": "42", "steps": "40"}


def test_sd_parsers_reads_a_request_that_leaves_all_to_the_service() -> None:
    data = infotext.stamped(file(picture()), receipt({"text_prompts": [{"text": "a beach"}]}, seed=9))
    sampler = seen_by_sd_parsers(data).samplers[0]
    assert (sampler.name, sampler.parameters) == ("Auto", {"cfg_scale": "7", "seed": "9", "steps": "30"})


def test_sd_parsers_reads_a_model_that_has_no_steps_and_no_sampler() -> None:
    body = {"prompt": "a beach", "negative_prompt": "boats", "seed": 5}
    found = seen_by_sd_parsers(infotext.stamped(file(picture()), receipt(body, CORE, 5)))
    sampler = found.samplers[0]
    assert (sampler.prompts[0].value, sampler.negative_prompts[0].value) == ("a beach", "boats")
    assert (sampler.model.name, sampler.parameters) == ("Stable Image Core", {"seed": "5", "steps": "Auto"})


LOOKS_LIKE_SETTINGS = "a sign\nNegative prompt: none\nSteps: 5, Sampler: none, CFG scale: 1, Seed: 1"
ON_ONE_LINE = "a sign Negative prompt : none Steps: 5, Sampler: none, CFG scale: 1, Seed: 1"


@pytest.mark.parametrize(
    ("body", "prompts"),
    [
        (BODY, ["a serene beach at sunset", "dull colours, boats"]),
        (asking(LOOKS_LIKE_SETTINGS), [ON_ONE_LINE]),
        ({"prompt": LOOKS_LIKE_SETTINGS, "negative_prompt": LOOKS_LIKE_SETTINGS}, [ON_ONE_LINE, ON_ONE_LINE]),
    ],
)
def test_a_reader_that_cuts_the_text_at_its_headings_finds_each_once(body: dict[str, Any], prompts: list[str]) -> None:
    head, line = infotext.parameters(receipt(body), (8, 8)).split("\nSteps: ")
    assert [part.strip() for part in head.split("Negative prompt:")] == prompts
    assert "\n" not in line


def test_a_reader_by_the_public_grammar_finds_three_pairs_or_more_and_no_stray_mark() -> None:
    body = {**BODY, "init_image": pictures.to_base64(picture(1)), "image_strength": 0.35, "style_preset": "anime"}
    text = infotext.parameters(receipt(body), (96, 64))
    prompt, negative, settings_line = text.split("\n")
    pairs = dict(re.findall(r"(\w[\w \-/]+): ([^,]*)", settings_line))
    assert (prompt, negative) == ("a serene beach at sunset", "Negative prompt: dull colours, boats")
    assert ", ".join(f"{key}: {value}" for key, value in pairs.items()) == settings_line
    assert pairs == {
        "Steps": "40",
        "Sampler": "K_DPMPP_2M",
        "CFG scale": "7.5",
        "Seed": "42",
        "Size": "96x64",
        "Model": "SDXL 1.0",
        "Denoising strength": "0.65",
        "Style preset": "anime",
    }


def test_the_settings_stay_one_line_whatever_the_model_is_called() -> None:
    line = infotext.parameters(receipt(model='other.model-v1:0, "x"\ny'), (8, 8)).split("\n")[-1]
    assert "Model: other.model-v1 0 x y" in line


def test_weights_are_written_as_the_web_interfaces_write_them() -> None:
    prompts = [{"text": "beach", "weight": 0.5}, {"text": "sky"}, {"text": "dull", "weight": -0.75}]
    lines = infotext.parameters(receipt({**BODY, "text_prompts": prompts}), (8, 8)).split("\n")
    assert lines[:2] == ["(beach:0.5), sky", "Negative prompt: (dull:0.75)"]


def test_a_text_in_latin_letters_is_a_text_chunk_and_another_an_international_one_before_the_pixels() -> None:
    for prompt, kind in (("café", b"tEXt"), ("海滩", b"iTXt")):
        found = list(metadata.chunks(infotext.stamped(file(picture()), receipt(asking(prompt)))))
        kinds = [chunk.kind for chunk in found if chunk.data.startswith(b"parameters\0")]
        assert kinds == [kind]
        assert [chunk.kind for chunk in found].index(b"IDAT") == 3  # after IHDR and our two


@pytest.mark.parametrize("suffix", [".jpg", ".webp"])
def test_the_comment_in_exif_has_the_type_that_other_readers_ask_for(tmp_path: Path, suffix: str) -> None:
    path = recipes.save(picture(), tmp_path / f"a{suffix}", metadata=receipt(asking("海滩")))
    with Image.open(path) as image:
        block = image.info["exif"]
    tiff = block[block.index(b"MM\0*") :]
    entry = next(place for place in range(0, len(tiff), 2) if tiff[place : place + 2] == b"\x92\x86")
    kind, count, at = struct.unpack(">HII", tiff[entry + 2 : entry + 12])
    assert kind == 7  # UNDEFINED
    assert tiff[at : at + 8] == b"UNICODE\0"
    assert tiff[at + 8 : at + count].decode("utf-16-be").startswith("海滩\n")


# ---- our own --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_body_comes_back_as_it_was_sent_byte_for_byte(tmp_path: Path, suffix: str) -> None:
    body = {
        "text_prompts": [{"text": '海滩 "a"\n\t\\ \ud83d\ude00 \ud800', "weight": 1.0}],
        "cfg_scale": 7,
        "steps": 30,
        "extras": {"b": [1, 1.0, 1e-7, None, True], "a": {"z": "", "海": 0.1}},
    }
    recipes.save(picture(), tmp_path / f"a{suffix}", metadata=receipt(body))
    back = recipes.read_metadata(tmp_path / f"a{suffix}")
    assert back is not None
    assert json.dumps(back["body"]) == json.dumps(body)
    assert (back["model"], back["seed"], back["finish_reason"]) == (SDXL, 42, "SUCCESS")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=80), min_size=1, max_size=3), json_values)
def test_whatever_a_prompt_and_an_extra_hold_both_texts_are_read_back(prompts: list[str], extra: Any) -> None:
    body = {**asking(*prompts), "extras": {"anything": extra}}
    data = infotext.stamped(file(picture(size=(8, 8))), receipt(body))
    back = infotext.read_receipt(data)
    assert back is not None
    assert json.dumps(back["body"]) == json.dumps(body)
    assert seen_by_sd_parsers(data).samplers[0].parameters == {"cfg_scale": "7.5", "seed": "42", "steps": "40"}


def test_stamping_changes_no_byte_of_the_picture_and_stamping_again_leaves_one_stamp() -> None:
    plain = file(picture(), pnginfo=None)
    once = infotext.stamped(plain, receipt())
    twice = infotext.stamped(infotext.stamped(plain, receipt(asking("another"), seed=1)), receipt())
    assert once == twice
    ours = [chunk for chunk in metadata.chunks(once) if chunk.kind in (b"tEXt", b"iTXt")]
    kept = once
    for chunk in reversed(ours):
        kept = kept[: chunk.start] + kept[chunk.end :]
    assert kept == plain
    for chunk in ours:
        body = once[chunk.start + 4 : chunk.end - 4]
        assert zlib.crc32(body) == int.from_bytes(once[chunk.end - 4 : chunk.end], "big")


def test_stamping_a_jpeg_keeps_its_pixels_and_its_other_segments() -> None:
    plain = file(picture(), "JPEG", comment=b"a comment", dpi=(72, 72))
    once = infotext.stamped(infotext.stamped(plain, receipt(seed=1)), receipt())
    assert pictures.pixels_equal(once, plain)
    with Image.open(io.BytesIO(once)) as image:
        assert (image.info["comment"], image.info["jfif"]) == (b"a comment", 257)
    assert once.count(b"Exif\0\0") == 1
    assert once.endswith(plain[plain.index(b"\xff\xdb") :])


def test_what_is_no_png_or_jpeg_is_refused() -> None:
    with pytest.raises(ImageError, match="no PNG or JPEG"):
        infotext.stamped(b"GIF89a", receipt())


def test_a_picture_of_other_metadata_than_a_request_keeps_that_alone(tmp_path: Path) -> None:
    path = recipes.save(picture(), tmp_path / "a.png", metadata={"of": "a drawing"})
    assert recipes.read_metadata(path) == {"of": "a drawing"}
    assert infotext.read_parameters(path.read_bytes()) == ""


@pytest.mark.parametrize("cut", [7, 8, 30, 41, 60, 200])
def test_a_damaged_file_tells_nothing_and_raises_nothing(cut: int) -> None:
    for kind in ("PNG", "JPEG"):
        data = infotext.stamped(file(picture(), kind), receipt())
        assert infotext.read_receipt(data[:cut]) is None
        assert infotext.read_parameters(data[:cut]) in ("", infotext.read_parameters(data))
    for text in (b"not json", b"[1]", b"\xff\xfe"):
        chunk = with_chunk(file(picture()), b"tEXt", infotext.KEY.encode() + b"\0" + text)
        assert infotext.read_receipt(chunk) is None


# ---- what came, and what it was made from ---------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "suffix"), [("PNG", ".png"), ("JPEG", ".jpg")])
def test_a_receipt_saved_in_its_own_format_is_not_encoded_again(tmp_path: Path, kind: str, suffix: str) -> None:
    came = file(picture(), kind)
    path = made(BODY, came).save(tmp_path / f"a{suffix}")
    came_pixels = came[came.index(b"IDAT" if kind == "PNG" else b"\xff\xdb") :]
    assert path.read_bytes().endswith(came_pixels)


def test_a_picture_painted_over_since_is_saved_as_it_is_now(tmp_path: Path) -> None:
    edited = made(BODY, file(picture()))
    edited.image.putpixel((0, 0), (1, 2, 3))
    assert pictures.to_image(edited.save(tmp_path / "a.png")).getpixel((0, 0)) == (1, 2, 3)


def test_helpers_save_keeps_a_receipt_as_its_own_save_does(tmp_path: Path) -> None:
    one = made(BODY, file(picture()))
    assert recipes.save(one, tmp_path / "a.png").read_bytes() == one.save(tmp_path / "b.png").read_bytes()


def test_the_pictures_of_a_request_are_kept_beside_it_by_hash_and_never_inside(tmp_path: Path) -> None:
    photo, mask = file(picture(1)), file(picture(2))
    sent = {"init_image": base64.b64encode(photo).decode(), "mask_image": base64.b64encode(mask).decode()}
    for name in ("a.png", "b.png", "c.jpg"):
        path = made({**BODY, **sent}, file(picture(len(name)))).save(tmp_path / name)
        assert photo not in path.read_bytes()
        assert sent["init_image"][:400].encode() not in path.read_bytes()
        found = recipes.read_metadata(path)
        assert found is not None
        assert found["body"]["init_image"] == f"sha256:{hashlib.sha256(photo).hexdigest()}"
        assert input_files.input_path(found["body"]["mask_image"], path.parent).read_bytes() == mask
    assert len(list((tmp_path / "inputs").iterdir())) == 2


def test_a_signed_picture_keeps_its_bytes_and_its_receipt_stands_beside_it(tmp_path: Path) -> None:
    signed = with_chunk(file(picture()), b"caBX", b"jumb" * 8)
    assert infotext.is_signed(signed)
    assert not infotext.is_signed(file(picture()))
    assert infotext.stamped(signed, receipt()) == signed
    path = made(BODY, signed).save(tmp_path / "a.png")
    assert path.read_bytes() == signed
    found = recipes.read_metadata(path)
    assert found is not None
    assert found["body"] == BODY
    recipes.save(picture(5), path, overwrite=True)
    assert recipes.read_metadata(path) is None  # the note beside it is about the picture before


def test_a_signed_jpeg_keeps_its_bytes() -> None:
    plain = file(picture(), "JPEG")
    signed = plain[:2] + b"\xff\xeb\x00\x08JP\0\1ab" + plain[2:]
    assert infotext.stamped(signed, receipt()) == signed


def test_a_request_too_long_for_a_jpeg_stands_beside_it(tmp_path: Path) -> None:
    body = asking(*["a beach " * 250] * 40)
    path = recipes.save(picture(), tmp_path / "a.jpg", metadata=receipt(body))
    found = recipes.read_metadata(path)
    assert found is not None
    assert json.dumps(found["body"]) == json.dumps(body)
    assert pictures.pixels_equal(path, file(picture(), "JPEG", quality=95, subsampling=0))
