"""`Body`, a request body that remembers which model it is for."""

from collections.abc import Iterable, Mapping
from typing import Any

from helpers import models

_Fields = Mapping[str, Any] | Iterable[tuple[str, Any]]


class Body(dict[str, Any]):
    """A request body: a dict of JSON types whose `.model` is the id of the model that it was made for.

        body = helpers.text_to_image("a serene beach at sunset", seed=1)
        again = body.replace(seed=2)

    `|`, `.copy()`, the copy module and pickle keep the model. `{**body}` is a plain dict without one: it is sent to the
    only model that its fields fit, or refused. A Body equals a dict with the same fields, and another Body with the
    same fields and model.
    """

    model: str

    def __init__(self, fields: _Fields, /, model: "str | models.Model") -> None:
        super().__init__(fields)
        self.model = models.get(model).id

    def replace(self, **fields: Any) -> "Body":
        """Return a Body for the same model with other values in some fields; None removes a field.

            again = body.replace(seed=2, style_preset=None)

        Nothing is checked here: `helpers.check` and `helpers.invoke` do that.
        """
        changed = {name: value for name, value in {**self, **fields}.items() if name not in fields or value is not None}
        family = models.family_for_body(self)
        return Body(family.ordered(changed) if family else changed, self.model)

    def copy(self) -> "Body":
        """Return a shallow copy for the same model."""
        return Body(self, self.model)

    def __eq__(self, other: object) -> bool:
        return dict.__eq__(self, other) and (not isinstance(other, Body) or other.model == self.model)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None  # a dict has none

    def __or__(self, other: Any) -> Any:
        return Body({**self, **other}, self.model) if isinstance(other, Mapping) else NotImplemented

    def __ror__(self, other: Any) -> Any:
        return Body({**other, **self}, self.model) if isinstance(other, Mapping) else NotImplemented
