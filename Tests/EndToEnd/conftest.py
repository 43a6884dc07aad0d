# SPDX-License-Identifier: Apache-2.0
"""What every end-to-end test starts from: a booted systemd, OngoingCall installed in it, a user who may linger.

Its message buses are dbus-daemon's; tests that are to be run on dbus-broker, too, say so as buses.py shows.
"""

import contextlib
import functools
import signal
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Testbed"))

from beds import INSTALL, PROGRAMS_INSIDE, boot, built_programs, new_user  # noqa: E402
from booted import BUSES  # noqa: E402
from booted.networks import enter_new_network  # noqa: E402
from calls import Calls  # noqa: E402
from farend import FarEnd, tone  # noqa: E402


# Begun before all others, by several at once, so that nobody is left with a long one in the end.
LONGEST = ["test_sandbox.py", "test_daemon.py", "test_network.py", "test_alone.py", "test_packaging.py", "test_repair.py",
           "test_sleep.py", "test_adopted_call.py", "test_notification_servers.py", "test_linger.py", "test_doctor.py",
           "test_bad_engines.py", "test_spoiled_records.py", "test_terminal_table.py"]  # fmt: skip


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))


def pytest_configure(config):
    # A shell has what it starts in the background ignore them, and so would everything that is started here.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)
    config.addinivalue_line("markers", "realm: whose password the test may not let anybody see (secrecy.py)")
    config.addinivalue_line("markers", "alone: is disturbed by others on this machine, as it measures or is a race, or disturbs them")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failure shows what the testbed's programs said last."""
    report = (yield).get_result()
    if report.when != "call" or not report.failed:
        return
    users = [getattr(value, "user", value) for value in item.funcargs.values()]
    for bed in {bed for user in users if (bed := getattr(user, "bed", None))}:
        journal = bed.run("journalctl", "--no-pager", "--output=short-precise", "--lines=150", check=False, timeout=30)
        report.sections.append(("journal", journal.stdout))


@pytest.fixture(scope="session", autouse=True)
def network():
    """What runs beside these tests uses ports, too: by chance those that a test has just left, and still hears from."""
    enter_new_network()


@pytest.fixture(scope="session")
def programs():
    """The directory with the built programs."""
    return built_programs()


@pytest.fixture(scope="session")
def bus(request):
    """The program that the testbed's message buses are; chosen by `on_both_buses`."""
    return getattr(request, "param", BUSES[0])


@pytest.fixture(scope="session")
def beds(programs):
    """A testbed for each bus, from when it is first asked for to the end of the run."""
    with contextlib.ExitStack() as stack:
        yield functools.cache(lambda bus: stack.enter_context(boot(programs, bus=bus)))


@pytest.fixture(scope="session")
def bed(beds, bus):
    """One testbed for all tests; each test has a user of its own."""
    return beds(bus)


@pytest.fixture
def user(bed):
    """A new user whose manager runs and lingers. Nothing of them runs after the test."""
    with new_user(bed) as user:
        yield user


@pytest.fixture(scope="session")
def install_once():
    """What installs OngoingCall for every user of a testbed by packaging/install, once; and returns the testbed."""

    @functools.cache
    def install(bed):
        bed.run(INSTALL, "--system", "--bin-dir", PROGRAMS_INSIDE)
        return bed

    return install


@pytest.fixture(scope="session")
def installed(bed, install_once):
    """OngoingCall, installed for every user of the testbed."""
    return install_once(bed)


@pytest.fixture
def visitor(installed):
    """A new user who does not linger: their manager runs while they are logged in."""
    with new_user(installed, linger=False) as user:
        yield user


@pytest.fixture
def calls(installed, user):
    """OngoingCall as `user` has it."""
    return Calls(user)


@pytest.fixture(scope="session")
def bare_beds(programs):
    with contextlib.ExitStack() as stack:
        yield functools.cache(lambda bus: stack.enter_context(boot(programs, bus=bus)))


@pytest.fixture(scope="session")
def bare_bed(bare_beds, bus):
    """A testbed in which nothing is installed."""
    return bare_beds(bus)


@pytest.fixture
def bare(bare_bed):
    """A user of it."""
    with new_user(bare_bed) as user:
        yield user


@pytest.fixture(scope="session")
def melody(bed, tmp_path_factory):
    """A file with a tone, where every user of the testbed can read it."""
    bed.install(tone(tmp_path_factory.mktemp("sound") / "tone.wav"), "/srv/tone.wav")
    return "/srv/tone.wav"


@pytest.fixture
def far_end():
    with FarEnd() as far_end:
        yield far_end
