"""What the tests of the site share."""

import pytest

from tests.support.pages import Reader


@pytest.fixture(scope="session")
def read(built_site):
    """Read a built page by its address."""
    pages: dict[str, Reader] = {}

    def read(address: str) -> Reader:
        if address not in pages:
            file = (
                built_site / address.strip("/") / "index.html"
                if address.endswith("/")
                else built_site / address.strip("/")
            )
            pages[address] = Reader(file.read_text("utf-8"))
        return pages[address]

    return read
