"""Image-to-image: which patches of the init image are kept, by the noise level that it starts from.

SDEdit (Meng et al. 2022, arXiv 2108.01073): lay noise of some sigma over the init image and denoise from there. Little
noise hides little, so the init image comes back; much noise hides all of it. To our denoiser the init image is one more
thing that may lie behind the noise, and it decides for each place, not for the whole picture: one weight for all of it
would lay one picture over the other like a double exposure. A place is a superpixel (Achanta et al. 2012, SLIC), a patch
of like colours, so that seams run along edges that the init image has anyway. Noise hides broad colours last of all, since
pictures hold most of their power there: what the prompt draws takes on those of the init image while any of it stays.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .latent import Planes
from .mixture import Variation

__all__ = ["Places", "share_of"]

PATCHES, COMPACT = 30, 0.4
"""Number of patches, and how much a patch's width weighs against a difference in light of 1."""
PIECES, LOOSE = 100, 0.2
"""The same for pieces, which are smaller and go by colour more than by place: a sun is one of them."""
FIRM = 2.0
"""How firmly a piece follows its majority; at 1 it would split in proportion."""
ROUNDS = 3
"""Rounds of k-means: each moves the patches' centres to the middle of what they hold."""
BLUR = 0.03
"""Softness of a patch's border, in the same measure squared: sharp along edges, wide in plain places."""
DECIDED = 0.02
"""Share of the picture over which a patch goes from staying to leaving."""
SEAM = 0.1
"""Width of a seam through plain places, in shares of the picture's side. Seams through detail are as sharp as the patches."""
PLAIN = 0.3
"""Squared detail that divides plain places from others."""
NEIGHBOURHOOD = 0.25
"""Reach of a patch's neighbourhood, in shares of the picture's side."""
TOGETHER = 0.8
"""Weight of the neighbours' evidence, from 0 (the patch's own alone) to 1 (the neighbourhood's)."""
DETAIL_SD = 0.15
"""Differences beyond the variation that are smaller than this hardly count as evidence."""
BROAD = 0.07
"""Colours are broad where they reach further than this, in shares of the picture's side."""
TINT, FADE = 0.9, 0.4
"""How much of the init image's broad colours the prompt's picture takes, and the power of the kept share by which it fades."""
ALL_UNTIL, NONE_FROM = 0.10, 0.64
"""Shares of the schedule up to which every place keeps the init image, and from which none does."""


def share_of(start: float) -> float:
    """Return the share of the picture (0..1) that keeps the init image when noise comes in at `start` (0..1) of the schedule."""
    t = min(max((start - ALL_UNTIL) / (NONE_FROM - ALL_UNTIL), 0.0), 1.0)
    return 1 - t * t * (3 - 2 * t)


@dataclass(frozen=True, eq=False)
class Places:
    """An init image in patches, and the share of it that stays."""

    init: Planes
    share: float
    patches: NDArray[np.float32]
    """(patches, height * width): how much each latent pixel belongs to each patch; sums to 1 over the patches."""
    pieces: NDArray[np.float32]
    """(pieces, height * width): the same for what is too small to be cut in two."""
    detail: NDArray[np.float32]
    """(height, width): squared detail, what there is to see beyond the broad light."""
    variation: Variation
    light: Planes
    """What the prompt's light adds to the init image where it stays, (3, height, width)."""

    @staticmethod
    def of(init: Planes, share: float, variation: Variation, light: Planes) -> "Places":
        """Cut the init latent (3, height, width) into patches."""
        detail = np.square(init - variation.kept(init, 0.5)).sum(0)
        patches, pieces = _superpixels(init, PATCHES, COMPACT), _superpixels(init, PIECES, LOOSE)
        return Places(init, share, patches, pieces, detail, variation, (1 - share) * variation.kept(light, 0.5))

    def put(self, m: Planes) -> Planes:
        """Return the init image where it stays, and elsewhere m in the init image's broad colours."""
        init = self.init + self.light
        tinted = m + TINT * self.share**FADE * self._blurred(init - m, BROAD)
        return tinted + self.kept(m) * (init - tinted)

    def kept(self, m: Planes) -> NDArray[np.float32]:
        """Return where the init image stays if the prompt's picture is m: (height, width) in [0, 1].

        The noise hides plain places first, and those where init image and prompt are alike: there the evidence for the
        init, 1/2 |X - M|^2 / C over the patch, is small. The prior is set so that the init keeps its share.
        """
        if self.share in (0.0, 1.0):
            return np.full(self.init.shape[1:], self.share, np.float32)
        cosines, power = self.variation.cosines, self.variation.power
        apart = cosines.inverse(cosines.forward(self.init - m) / np.sqrt(power + DETAIL_SD**2))
        evidence = _log_mean(self.patches, np.square(apart).sum(0)) + _log_mean(self.patches, self.detail)
        evidence += TOGETHER * (self._around(evidence) - evidence)
        before = _area_before(evidence, self.patches.sum(1))
        stays = np.clip((before - (1 - self.share)) / DECIDED + 0.5, 0, 1)
        return self._sewn(self._in_pieces(stays.astype(np.float32) @ self.patches).reshape(self.detail.shape))

    def _in_pieces(self, stays: NDArray[np.float32]) -> NDArray[np.float32]:
        """Move the border between patches to borders of pieces: a sun stays or goes whole."""
        most = (self.pieces @ stays) / np.maximum(self.pieces.sum(1), 1e-3)
        return np.clip(FIRM * (most - 0.5) + 0.5, 0, 1) @ self.pieces

    def _around(self, evidence: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return each patch's evidence averaged over its neighbourhood, so that a thing stays or goes in one piece."""
        places = self._blurred((evidence @ self.patches).reshape(self.detail.shape), NEIGHBOURHOOD)
        return (self.patches @ places.ravel()) / np.maximum(self.patches.sum(1), 1e-3)

    def _blurred(self, planes: NDArray[np.float32], width: float) -> NDArray[np.float32]:
        cosines = self.variation.cosines
        return cosines.inverse(cosines.forward(planes) * np.exp(-2 * (np.pi * width * cosines.frequency()) ** 2))

    def _sewn(self, sharp: NDArray[np.float32]) -> NDArray[np.float32]:
        """Widen seams where the init image is plain: it has no edge there to hide one, and no detail that would show twice."""
        soft = self._blurred(sharp, SEAM)
        busy = self.detail / (self.detail + PLAIN)
        return np.clip(soft + busy * (sharp - soft), 0, 1)


def _superpixels(latent: Planes, count: int, compact: float) -> NDArray[np.float32]:
    """Cut a latent into about `count` soft superpixels, (superpixels, height * width), by k-means over place and colour."""
    _, height, width = latent.shape
    rows = min(height, max(1, round(np.sqrt(count * height / width))))
    columns = min(width, max(1, round(count / rows)))
    side = np.sqrt(height * width / (rows * columns))
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) * np.float32(compact / side)
    points = np.stack([latent[0], 2 * latent[1], 2 * latent[2], y, x])
    grid = np.ix_(_middles(height, rows), _middles(width, columns))
    centres = np.stack([plane[grid].ravel() for plane in points])
    coarse = points[:, :: max(1, height // 32), :: max(1, width // 32)].reshape(5, -1)
    for _ in range(ROUNDS):
        members = _members(coarse, centres)
        centres = coarse @ members.T / np.maximum(members.sum(1), 1e-3)
    return _members(points.reshape(5, -1), centres)


def _members(points: NDArray[np.float32], centres: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how much each point (5, n) belongs to each centre (5, k): (k, n), summing to 1 over the centres."""
    distance = np.square(centres).sum(0)[:, None] - 2 * (centres.T @ points)
    near = np.exp((distance.min(0) - distance) / BLUR)
    return near / near.sum(0)


def _middles(size: int, parts: int) -> NDArray[np.intp]:
    return ((np.arange(parts) + 0.5) * size / parts).astype(np.intp)


def _log_mean(patches: NDArray[np.float32], values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the log of the mean of values (height, width) in each patch, (patches,)."""
    return np.log((patches @ values.ravel()) / np.maximum(patches.sum(1), 1e-3) + 1e-5)


def _area_before(values: NDArray[np.float32], sizes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return for each patch the share of the area in patches of smaller value, plus half its own."""
    order = np.argsort(values, kind="stable")
    before = np.empty_like(sizes)
    before[order] = np.cumsum(sizes[order]) - sizes[order] / 2
    return before / sizes.sum()
