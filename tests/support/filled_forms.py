"""Forms filled in with the sample answers."""

from typing import Any

from forms.form import Form, FormData
from tests.support.samples import SAMPLES


def filled(form: type[Form], **changes: str) -> Form:
    return form(FormData({name: [value] for name, value in {**SAMPLES[form.slug], **changes}.items()}))


def messages(form: Form) -> dict[str, Any]:
    form.validate()
    return dict(form.errors)
