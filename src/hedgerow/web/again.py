"""What is asked once more before it counts: the token, typed again, for a yes to real money; and a target that is a number."""

from __future__ import annotations

from dataclasses import dataclass, field

from starlette.exceptions import HTTPException

from hedgerow.app.plans import Mode
from hedgerow.model.errors import UsageError
from hedgerow.web.entry import Entry
from hedgerow.web.forms import Form
from hedgerow.web.guard import Bucket

__all__ = ["Again", "target_of"]


@dataclass(slots=True)
class Again:
    """Lets a yes to real money through with the token typed again; who guesses is slowed."""

    entry: Entry
    tries: Bucket = field(default_factory=lambda: Bucket(5.0, 0.1))

    def allowed(self, form: Form) -> Mode:
        """Return the mode that a form is for. Raises a 403 for real money without the token, a 429 for too many tries."""
        if form.get("mode") != "live":
            return "paper"
        if not self.tries.take():
            raise HTTPException(429, "too many tries; wait a minute. Nothing was approved.")
        if not self.entry.knows(form.get("token").strip()):
            raise HTTPException(403, "that is not the token. Nothing was approved.")
        return "live"


def target_of(text: str) -> float | None:
    """Return a target as it was sent, None for the settings' own. Raises `UsageError` for what is no number."""
    if not text.strip():
        return None
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"a target of {text[:40]} is no number", advice="Move the slider.") from None
