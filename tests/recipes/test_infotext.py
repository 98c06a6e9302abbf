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

import helpers
from helpers import models, pictures, recipes
from helpers.calls.answers import Generation
from helpers.errors import ImageError
from helpers.pictures import metadata
from helpers.recipes import infotext, input_files
from helpers.schemas import FAMILIES, sdxl
from helpers.schemas.stability import ASPECT_RATIOS

SDXL = "stability.stable-diffusion-xl-v1"
CORE = "stability.stable-image-core-v1:1"
SD35 = "stability.sd3-5-large-v1:0"
SDXL_08 = "stability.stable-diffusion-xl"
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
    assert sampler.name == "DPM++ 2M"
    assert sampler.parameters == {"cfg_scale": "7.5", "seed": "42", "steps": "40"}
    assert (sampler.model.name, found.metadata["Size"]) == ("SDXL 1.0", "96x64")
    assert found.metadata["Bedrock sampler"] == "K_DPMPP_2M"


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
    assert (sampler.negative_prompts, sampler.name) == ([], "DPM++ 2M")
    assert sampler.parameters == {"cfg_scale": "7.5", "seed": "42", "steps": "40"}


def test_sd_parsers_reads_a_request_that_leaves_all_to_the_service() -> None:
    data = infotext.stamped(file(picture()), receipt({"text_prompts": [{"text": "a beach"}]}, seed=9))
    sampler = seen_by_sd_parsers(data).samplers[0]
    assert (sampler.name, sampler.parameters) == ("Default", {"cfg_scale": "7", "seed": "9", "steps": "30"})


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_sd_parsers_reads_a_model_that_has_no_steps_and_no_sampler(tmp_path: Path, suffix: str) -> None:
    body = {"prompt": "a beach", "negative_prompt": "boats", "seed": 5}
    path = recipes.save(picture(), tmp_path / f"a{suffix}", metadata=receipt(body, CORE, 5))
    found = seen_by_sd_parsers(path)
    sampler = found.samplers[0]
    assert (sampler.prompts[0].value, sampler.negative_prompts[0].value) == ("a beach", "boats")
    assert (sampler.model.name, found.metadata["Size"]) == ("Stable Image Core", "96x64")
    assert sampler.parameters == {"seed": "5", "scheduler": "Default"}
    text = infotext.read_parameters(path.read_bytes())
    assert not re.search(r"Steps|CFG scale|Auto|None|: *(,|$)", text, re.MULTILINE)


@pytest.mark.parametrize("odd", ["Auto", "", None, True, float("nan"), float("inf"), [30], {"steps": 30}])
def test_what_is_no_number_is_left_out(odd: Any) -> None:
    body = {"text_prompts": [{"text": "a beach"}], "steps": odd, "cfg_scale": odd, "style_preset": None}
    line = infotext.parameters({**receipt(body), "seed": odd}, (8, 8)).split("\n")[-1]
    assert line == "Sampler: Default, Schedule type: Default, Size: 8x8, Model: SDXL 1.0"


@pytest.mark.parametrize("sampler", sdxl.SAMPLERS)
def test_a_sampler_has_the_web_interfaces_name_and_bedrocks_beside_it(sampler: str) -> None:
    found = seen_by_sd_parsers(infotext.stamped(file(picture()), receipt({**BODY, "sampler": sampler})))
    assert found.samplers[0].name == sdxl.WEB_UI_SAMPLERS[sampler]
    assert found.metadata["Bedrock sampler"] == sampler


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
    head, line = re.split(r"\n(?=Steps: |Sampler: )", infotext.parameters(receipt(body), (8, 8)))
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
        "Sampler": "DPM++ 2M",
        "CFG scale": "7.5",
        "Seed": "42",
        "Size": "96x64",
        "Model": "SDXL 1.0",
        "Denoising strength": "0.65",
        "Bedrock sampler": "K_DPMPP_2M",
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


PIECES = [
    "a beach",
    "海滩，日落",
    "\n",
    "\r\n",
    "\u2028",
    ":",
    ", ",
    '"',
    "\\",
    "(sky:1.2)",
    "<lora:x:1>",
    "{",
    "}",
    "\0",
    "é",
    "😀",
]
HEADINGS = [
    "Steps:",
    "Steps: 5",
    "Negative prompt:",
    "Sampler: none, CFG scale: 1, Seed: 1",
    'Hashes: {"a": "b"}',
    "Size: 1x1",
]
prompts = st.lists(st.sampled_from(PIECES + HEADINGS) | st.text(max_size=8), max_size=8).map("".join)


@st.composite
def sdxl_bodies(draw: st.DrawFn) -> dict[str, Any]:
    weights = st.sampled_from([1.0, -1.0, 0.5, -0.75, 0])
    some = st.fixed_dictionaries({"text": prompts}, optional={"weight": weights})
    optional: dict[str, st.SearchStrategy[Any]] = {
        "cfg_scale": st.floats(0, 35) | st.integers(0, 35),
        "steps": st.integers(10, 150),
        "seed": st.integers(0, sdxl.MAX_SEED),
        "sampler": st.sampled_from(sdxl.SAMPLERS),
        "style_preset": st.sampled_from(sdxl.STYLE_PRESETS),
        "clip_guidance_preset": st.sampled_from(sdxl.CLIP_GUIDANCE_PRESETS),
    }
    body = draw(st.fixed_dictionaries({"text_prompts": st.lists(some, min_size=1, max_size=3)}, optional=optional))
    return body | draw(
        st.sampled_from([{}, {"width": 640, "height": 1536}, {"init_image": PHOTO, "image_strength": 0.2}])
    )


old_bodies = st.fixed_dictionaries(
    {"text_prompts": st.lists(st.fixed_dictionaries({"text": prompts}), min_size=1, max_size=2)},
    optional={"cfg_scale": st.floats(0, 30), "steps": st.integers(10, 150), "seed": st.integers(0, sdxl.MAX_SEED)},
)
plain_bodies = st.fixed_dictionaries(
    {"prompt": prompts},
    optional={
        "negative_prompt": prompts,
        "seed": st.integers(0, 2**32 - 2),
        "aspect_ratio": st.sampled_from(ASPECT_RATIOS),
        "output_format": st.sampled_from(["png", "jpeg"]),
    },
)
PHOTO = pictures.to_base64(picture(1, (320, 320)))
ANY_BODY = st.one_of(
    st.tuples(st.just(SDXL), sdxl_bodies()),
    st.tuples(st.just(SDXL_08), old_bodies),
    st.tuples(st.just(CORE), plain_bodies),
    st.tuples(st.just(SD35), plain_bodies),
)


@settings(max_examples=150, deadline=None)
@given(ANY_BODY, st.integers(1, 2**32 - 1), st.sampled_from(["PNG", "JPEG", "WEBP"]))
def test_sd_parsers_reads_back_every_legal_request(asked: tuple[str, dict[str, Any]], drawn: int, kind: str) -> None:
    model, body = asked
    family = models.get(model).family
    assert family is not None
    family.request.model_validate(body)
    found = seen_by_sd_parsers(infotext.stamped(file(picture(), kind), receipt(body, model, body.get("seed") or drawn)))
    assert found is not None
    (sampler,) = found.samplers
    wanted = {"seed": body.get("seed") or drawn}
    if family.has("steps"):
        wanted |= {"steps": body.get("steps", 30), "cfg_scale": family.value(body, "cfg_scale")}
    assert {key: float(value) for key, value in sampler.parameters.items() if key != "scheduler"} == wanted
    assert sampler.name == (sdxl.WEB_UI_SAMPLERS[body["sampler"]] if "sampler" in body else "Default")
    assert found.metadata.get("Bedrock sampler") == body.get("sampler")
    assert found.metadata["Size"] == "96x64"
    assert found.metadata.get("Denoising strength") == ("0.8" if "init_image" in body else None)
    assert not any(one.value.startswith("Steps:") for one in (*sampler.prompts, *sampler.negative_prompts))


def test_the_property_above_speaks_of_every_family() -> None:
    assert set(FAMILIES) == {models.get(model).schema for model in (SDXL, SDXL_08, CORE, SD35)}


# ---- EXIF -----------------------------------------------------------------------------------------------------------

REQUIRED = {  # by Exif 2.3, of a JPEG
    0x011A: 72,
    0x011B: 72,
    0x0128: 2,
    0x0213: 1,
    0x9000: b"0230",
    0x9101: b"\1\2\3\0",
    0xA000: b"0100",
    0xA001: 1,
    0xA002: 96,
    0xA003: 64,
}


@pytest.mark.parametrize("suffix", [".jpg", ".webp"])
def test_exif_has_every_tag_that_the_standard_requires(tmp_path: Path, suffix: str) -> None:
    path = recipes.save(picture(), tmp_path / f"a{suffix}", metadata=receipt())
    with Image.open(path) as image:
        found = {**image.getexif(), **image.getexif().get_ifd(0x8769)}
    assert {tag: found.get(tag) for tag in REQUIRED} == REQUIRED


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


def test_exif_that_earlier_versions_wrote_is_read() -> None:
    note = infotext.KEY.encode() + b"\0" + json.dumps(receipt()).encode()
    text = b"UNICODE\0" + "海滩\nSteps: 40, Sampler: K_DPMPP_2M".encode("utf-16-be")
    inner = struct.pack(">HHHII", 2, 0x927C, 7, len(note), 56 + len(text)) + struct.pack(
        ">HHII", 0x9286, 7, len(text), 56
    )
    outer = struct.pack(">HHHIII", 1, 0x8769, 4, 1, 26, 0)
    block = b"Exif\0\0MM\0*\0\0\0\x08" + outer + inner + bytes(4) + text + note
    for data in (metadata.with_exif(file(picture(), "JPEG"), block), file(picture(), "WEBP", exif=block)):
        assert infotext.read_receipt(data) == receipt()
        assert infotext.read_parameters(data) == "海滩\nSteps: 40, Sampler: K_DPMPP_2M"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_nothing_that_a_photo_tells_of_its_owner_is_saved_with_it(tmp_path: Path, kind: str) -> None:
    told = Image.Exif()
    told[0x010F] = "a camera of hers"
    told.get_ifd(0x8825).update({1: "N", 2: (51.0, 30.0, 12.0)})  # GPS
    more = {"xmp": b"<x:xmpmeta>hers</x:xmpmeta>"} if kind != "PNG" else {}
    photo = file(picture(), kind, exif=told, **more)
    assert b"hers" in photo
    for source in (photo, Image.open(io.BytesIO(photo))):
        for suffix in SUFFIXES:
            for stamp in (None, receipt()):
                path = recipes.save(source, tmp_path / f"a{suffix}", overwrite=True, metadata=stamp)
                assert b"hers" not in path.read_bytes()
                with Image.open(path) as image:
                    assert not image.getexif().get_ifd(0x8825)


# ---- WebP, and small copies of pictures -----------------------------------------------------------------------------


def webps() -> dict[str, bytes]:
    clear = picture().convert("RGBA")
    clear.putalpha(picture(2).convert("L"))
    return {
        "lossy": file(picture(), "WEBP", quality=70),
        "lossless": file(picture(), "WEBP", lossless=True),
        "lossy with alpha": file(clear, "WEBP", quality=70),
        "lossless with alpha": file(clear, "WEBP", lossless=True, exact=True),
        "odd in size": file(picture(size=(33, 17)), "WEBP", lossless=True),
        "with XMP": file(picture(), "WEBP", xmp=b"<x:xmpmeta/>"),
        "with EXIF": file(picture(), "WEBP", exif=Image.Exif()),
    }


@pytest.mark.parametrize("form", webps())
def test_stamping_a_webp_keeps_its_pixels_and_leaves_one_stamp(form: str) -> None:
    plain = webps()[form]
    once = infotext.stamped(plain, receipt())
    assert infotext.stamped(infotext.stamped(plain, receipt(asking("another"), seed=1)), receipt()) == once
    assert infotext.read_receipt(once) == receipt()
    assert len(once) % 2 == 0
    assert int.from_bytes(once[4:8], "little") == len(once) - 8
    with Image.open(io.BytesIO(plain)) as before, Image.open(io.BytesIO(once)) as after:
        assert (after.mode, after.size, after.tobytes()) == (before.mode, before.size, before.tobytes())
        assert after.info.get("xmp") == before.info.get("xmp")
        assert (once[12:16], bool(once[20] & 0x10)) == (b"VP8X", before.mode == "RGBA")  # browsers heed the flag


def test_a_webp_that_is_cut_short_or_has_more_behind_it_is_left_as_it_is() -> None:
    whole = webps()["lossy"]
    for damaged in (whole[:-20], whole + b"more"):
        assert metadata.with_exif(damaged, metadata.exif("a beach", b"", (96, 64))) == damaged


def test_a_signed_webp_keeps_its_bytes() -> None:
    plain = webps()["with XMP"]
    signed = plain + b"C2PA\x04\0\0\0jumb"
    signed = signed[:4] + struct.pack("<I", len(signed) - 8) + signed[8:]
    assert infotext.is_signed(signed)
    assert infotext.stamped(signed, receipt()) == signed


def test_a_webp_that_the_service_sent_is_not_encoded_again_and_holds_its_receipt(tmp_path: Path) -> None:
    came = file(picture(), "WEBP", quality=60)
    body = {"prompt": "a beach", "output_format": "webp", "seed": 42}
    path = made(body, came).save(tmp_path / "a.webp")
    assert came[20:] in path.read_bytes()  # its one chunk of pixels
    assert [one.name for one in tmp_path.iterdir()] == ["a.webp"]
    assert helpers.recipe(path).body_json == json.dumps(body)


@pytest.mark.parametrize(
    ("body", "model"),
    [
        (asking("a serene beach at sunset"), SDXL),
        (asking("海滩，日落" * 400), SDXL),
        ({**BODY, "text_prompts": [{"text": "😀" * 999}, {"text": "dull " * 300, "weight": -1.0}]}, SDXL),
        ({"prompt": "a beach", "negative_prompt": "dull " * 1000}, CORE),
        ({**BODY, "init_image": PHOTO, "style_preset": "photographic", "sampler": "K_DPMPP_2S_ANCESTRAL"}, SDXL),
    ],
)
def test_a_small_copy_tells_prompt_and_settings_in_less_than_a_kilobyte(body: dict[str, Any], model: str) -> None:
    small = file(picture(), "WEBP", quality=70)
    told = infotext.stamped_preview(small, receipt(body, model), (1024, 768))
    assert len(told) - len(small) < 1000
    found = seen_by_sd_parsers(told)
    whole = seen_by_sd_parsers(infotext.stamped(file(picture()), receipt(body, model)))
    assert found.metadata == {**whole.metadata, "Size": "1024x768"}
    assert found.samplers[0].parameters == whole.samplers[0].parameters
    for told_of, all_of in (("prompts", "prompts"), ("negative_prompts", "negative_prompts")):
        for short, long in zip(getattr(found.samplers[0], told_of), getattr(whole.samplers[0], all_of), strict=True):
            assert short.value
            assert long.value.startswith(short.value.removesuffix("…"))


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
def test_whatever_a_prompt_and_an_extra_hold_both_texts_are_read_back(texts: list[str], extra: Any) -> None:
    body = {**asking(*texts), "extras": {"anything": extra}}
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


def test_what_is_no_png_jpeg_or_webp_is_refused() -> None:
    with pytest.raises(ImageError, match="no PNG, JPEG or WebP"):
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
    sampler = seen_by_sd_parsers(path).samplers[0]  # the prompt is cut, and never the settings
    assert sampler.parameters == {"cfg_scale": "7.5", "seed": "42", "steps": "40"}
    assert sampler.prompts[0].value.startswith("a beach a beach")


def test_a_request_too_long_for_a_jpeg_is_in_a_webp(tmp_path: Path) -> None:
    body = asking(*["a beach " * 250] * 40)
    path = recipes.save(picture(), tmp_path / "a.webp", metadata=receipt(body))
    assert infotext.read_receipt(path.read_bytes()) == receipt(body)
    assert len(list(tmp_path.iterdir())) == 1
