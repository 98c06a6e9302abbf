"""What the studio draws of the words of prompts, and what it says of the rest: pictures to look at, and a table.

    python -m tests.benchmarks.bench_words prompts.txt outputs/words [--size 384] [--seed 11]

One prompt a line. Each picture is `NN.png` beside sheets of six without the prompts, for somebody who names what he sees;
`words.tsv` has a line for each word: number, word, what became of it. A content word of which nothing is reported is `silent`, and
there should be none.
"""

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw

from helpers.studio.engines.painted import create
from helpers.studio.engines.painted.painting.tokens import tokens
from helpers.studio.protocol import Engine, EngineResult, Prompt, TextToImage

CONTENT = ("entry", "colour", "action", "place", "unknown")
"""Kinds of tokens that are no numbers and no words of grammar."""
ACROSS, DOWN, GAP, LABEL = 3, 2, 10, 18


def drawn(engine: Engine, text: str, size: int, seed: int) -> EngineResult:
    """Return the picture of one prompt."""
    return engine.generate(TextToImage(prompts=(Prompt(text),), width=size, height=size, seed=seed))


def outcomes(text: str, result: EngineResult) -> list[tuple[str, str]]:
    """Return each word with what became of it, those that nothing says anything of as `silent`."""
    told = [*result.words, *((word, "unknown") for word in result.unknown_words)]
    said = " ".join(word.lower() for word, _ in told)
    pieces = (token.text for token in tokens(text) if token.kind in CONTENT)
    return told + [(piece, "silent") for piece in pieces if piece.lower() not in said]


def sheets(pictures: Sequence[Image.Image], folder: Path) -> None:
    """Write the pictures in sheets, numbered and without their prompts."""
    size = pictures[0].width
    for first in range(0, len(pictures), ACROSS * DOWN):
        sheet = Image.new("RGB", (ACROSS * (size + GAP), DOWN * (size + LABEL)), "white")
        pen = ImageDraw.Draw(sheet)
        for place, picture in enumerate(pictures[first : first + ACROSS * DOWN]):
            x, y = place % ACROSS * (size + GAP), place // ACROSS * (size + LABEL)
            sheet.paste(picture, (x, y + LABEL - 2))
            pen.text((x + 2, y + 2), f"{first + place + 1}", fill="black")
        sheet.save(folder / f"sheet{first // (ACROSS * DOWN) + 1:02d}.png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("prompts", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", type=int, default=384)
    parser.add_argument("--seed", type=int, default=11)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    engine, pictures, lines = create(), list[Image.Image](), list[tuple[int, str, str]]()
    texts = [line for line in options.prompts.read_text("utf-8").splitlines() if line]
    for number, text in enumerate(texts, 1):
        result = drawn(engine, text, options.size, options.seed + number)
        picture = Image.fromarray(result.pixels)
        picture.save(options.folder / f"{number:02d}.png")
        pictures.append(picture)
        lines += [(number, word, what) for word, what in outcomes(text, result)]
    sheets(pictures, options.folder)
    table = "".join(f"{number}\t{word}\t{what}\n" for number, word, what in lines)
    (options.folder / "words.tsv").write_text(table, "utf-8")
    print(f"{len(texts)} prompts, {len(lines)} words")
    for what, count in Counter(what.split(":")[0] for _, _, what in lines).most_common():
        print(f"{what:12}{count:6}  {count / len(lines):.0%}")


if __name__ == "__main__":
    main()
