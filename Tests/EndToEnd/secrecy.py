# SPDX-License-Identifier: Apache-2.0
"""The fixture of all tests that give an account a password: at its end, nobody can have seen it.

    pytestmark = [pytest.mark.usefixtures("secrecy"), realm(PASSWORD)]
"""

import pytest
from witness import Witness, forms


def realm(password, user="me", name="far end"):
    """Whose password it is: of a user of that realm."""
    return pytest.mark.realm(password, user, name)


@pytest.fixture
def secrecy(request, calls):
    witness = Witness(calls.user)
    try:
        yield witness
        marker = request.node.get_closest_marker("realm")
        places = witness.places(*forms(*marker.args))
        assert not places, f"the password, or what is as good, is in: {', '.join(places)}"
    finally:
        witness.close()
