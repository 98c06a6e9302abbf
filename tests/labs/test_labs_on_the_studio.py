"""The lab scripts and the source text's own, run as a learner runs them: on a studio, from a folder of their own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageChops

ROOT = Path(__file__).parents[2]
SCRIPTS = ["api/bedrock_api.py", "image_to_image/image_to_image.py", "masking/masking.py", "sweep/sweep.py"]
FAKE_ENGINE = f"{ROOT / 'tests' / 'studio' / 'fake_engine.py'}:create"

# The script of the source text, as it is printed there.
SOURCE_TEXT = """\
import json
import boto3
import base64
import os
from PIL import Image, ImageChops
import io

session = boto3.Session()
bedrock = session.client(service_name='bedrock-runtime') #creates a Bedrock client
bedrock_model_id = "stability.stable-diffusion-xl-v1" # set the foundation model
prompt = "a beautiful mountain landscape" # the prompt to send to the model
seed = 10
body = json.dumps({
    "text_prompts": [{"text": prompt}],
    "seed": seed,
    "cfg_scale": 10,
    "steps": 30,
}) # build the request payload
# send the payload to Bedrock
response = bedrock.invoke_model(
    body=body, modelId=bedrock_model_id, accept='application/json', contentType='application/json')
# read the response
response_body = json.loads(response.get('body').read())
base64_image_data = response_body.get("artifacts")[0]["base64"]
print(f"{base64_image_data[0:80]}...")
# Convert base64 image data to an image and save it to a file
image_data = base64.b64decode(base64_image_data)
os.makedirs("data", exist_ok=True)
image = Image.open(io.BytesIO(image_data))
image.save('data/sd_generated_image.jpg')
"""


def on_the_studio(
    *command: str, folder: Path, engine: str | None = FAKE_ENGINE, **more: str
) -> "subprocess.CompletedProcess[str]":
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "WORKSHOP_"))}
    chosen = {"WORKSHOP_STUDIO_ENGINE": engine} if engine else {}
    return subprocess.run(
        [sys.executable, "-m", "helpers.studio", "--", *command],
        cwd=folder,
        env={**kept, **chosen, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", **more},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


@pytest.fixture
def labs(tmp_path: Path) -> Path:
    """A copy of labs/ beside a data/ of its own, in a folder whose name is not plain ASCII; nothing is written here."""
    home = tmp_path / "图像 工作坊"
    shutil.copytree(ROOT / "labs", home / "labs", ignore=shutil.ignore_patterns("data", "__pycache__"))
    (home / "data").mkdir()
    Image.radial_gradient("L").resize((512, 512)).convert("RGB").save(home / "data" / "sample_init.png")
    return home / "labs"


def test_the_source_text_s_script_runs_as_it_is_printed_in_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "bedrock_api.py").write_text(SOURCE_TEXT)

    ran = on_the_studio("python", "bedrock_api.py", folder=tmp_path)

    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.startswith("iVBORw0KGgo")
    assert len(ran.stdout.strip()) == 83
    with Image.open(tmp_path / "data" / "sd_generated_image.jpg") as saved:
        assert (saved.format, saved.size) == ("JPEG", (1024, 1024))


def test_text_to_image_saves_beside_itself_from_any_folder(labs: Path, tmp_path: Path) -> None:
    ran = on_the_studio("python", str(labs / "api" / "bedrock_api.py"), folder=tmp_path, engine=None)

    assert (ran.returncode, ran.stderr) == (0, "")
    first_line = ran.stdout.splitlines()[0]
    assert first_line.startswith("iVBORw0KGgo")
    assert (len(first_line), first_line[-3:]) == (83, "...")
    with Image.open(labs / "api" / "data" / "sd_generated_image.jpg") as saved:
        assert (saved.format, saved.size) == ("JPEG", (1024, 1024))
        assert len(saved.convert("P").getcolors(256) or []) > 50, "a picture, and not a blank"
    assert not (tmp_path / "data").exists()


def test_the_init_image_that_image_to_image_starts_from_is_there() -> None:
    with Image.open(ROOT / "data" / "sample_init.png") as sample:
        assert sample.size == (512, 512)


def test_image_to_image_runs_with_the_source_text_s_defaults(labs: Path, tmp_path: Path) -> None:
    ran = on_the_studio("python", str(labs / "image_to_image" / "image_to_image.py"), folder=tmp_path)

    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines()[0] == "success"
    with Image.open(labs / "image_to_image" / "data" / "image_to_image_001.png") as saved:
        assert saved.size == (512, 512)


def test_masking_changes_the_picture_inside_the_mask_alone(labs: Path, tmp_path: Path) -> None:
    sample = labs.parent / "data" / "sample_init.png"
    more = ["--init-image", str(sample), "--mask-source", "MASK_IMAGE_BLACK"]
    ran = on_the_studio("python", str(labs / "masking" / "masking.py"), *more, folder=tmp_path, engine=None)
    assert ran.returncode == 0, ran.stderr
    with Image.open(sample) as before, Image.open(labs / "masking" / "data" / "masking_001.png") as after:
        box = ImageChops.difference(before.convert("RGB"), after.convert("RGB")).getbbox()
    assert box is not None
    left, top, right, bottom = box
    assert left >= 0.3 * 512 - 1
    assert top >= 0.5 * 512 - 1
    assert right <= 0.75 * 512 + 1
    assert bottom <= 0.95 * 512 + 1


def test_a_sweep_makes_nine_different_pictures_at_several_a_time(labs: Path, tmp_path: Path) -> None:
    ran = on_the_studio("python", str(labs / "sweep" / "sweep.py"), folder=tmp_path, engine=None)
    assert ran.returncode == 0, ran.stderr
    folder = labs / "sweep" / "data" / "sweep_001"
    assert len({path.read_bytes() for path in folder.glob("cfg_scale-*_seed-*.png")}) == 9
    assert len((folder / "tiles.csv").read_text("utf-8-sig").splitlines()) == 10
    with Image.open(folder / "sheet.png") as sheet:
        assert len(sheet.getcolors(sheet.width * sheet.height) or []) > 1000, "pictures, and not blanks"


def test_a_sweep_meets_a_filter_and_goes_on(labs: Path, tmp_path: Path) -> None:
    asked = ["--prompt", "a nude", "--cfg-scale", "7", "--seed", "1", "2"]
    ran = on_the_studio("python", str(labs / "sweep" / "sweep.py"), *asked, folder=tmp_path)
    assert ran.returncode == 1
    assert "Made 0 of 2 pictures with 2 calls." in ran.stdout
    assert ran.stderr.count("finishReason is CONTENT_FILTERED") == 2
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("a nude", "finishReason is CONTENT_FILTERED"),
        ("studio-error", "finishReason is ERROR"),
        ("gore", "One or more prompts contains filtered words."),
    ],
)
def test_image_to_image_meets_a_filter_or_a_failure_and_says_so(
    labs: Path, tmp_path: Path, prompt: str, words: str
) -> None:
    script = str(labs / "image_to_image" / "image_to_image.py")
    ran = on_the_studio("python", script, "--prompt", prompt, folder=tmp_path)
    assert ran.returncode == 1
    assert words in ran.stderr
    assert "Traceback" not in ran.stderr
    assert not (labs / "image_to_image" / "data").exists()


@pytest.mark.parametrize("script", SCRIPTS)
def test_labs_run_in_a_console_that_is_not_utf_8(labs: Path, tmp_path: Path, script: str) -> None:
    plain = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"}
    ran = on_the_studio("python", str(labs / script), folder=tmp_path, **plain)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("script", SCRIPTS)
def test_labs_without_a_studio_or_an_account_say_what_to_do(labs: Path, tmp_path: Path, script: str) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    nothing = {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path), "AWS_EC2_METADATA_DISABLED": "true"}
    for region in ({}, {"AWS_DEFAULT_REGION": "us-west-2"}):
        ran = subprocess.run(
            [sys.executable, str(labs / script)],
            env={**kept, **nothing, **region},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ran.returncode == 1
        assert "aws configure" in ran.stderr
        assert "Traceback" not in ran.stderr
