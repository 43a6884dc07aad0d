# SPDX-License-Identifier: Apache-2.0
"""The SIP engine on its machine: beside another, without a home, in its runtime folder."""

import pytest
from sip_engine import SIPEngine


def test_two_calls_at_once(tmp_path, far_end):
    with SIPEngine(tmp_path) as one, SIPEngine(tmp_path) as other:
        for engine in (one, other):
            engine.join(far_end.uri)
        for engine in (one, other):
            engine.wait_for_state("joined")
        for engine in (one, other):
            assert engine.wait_for_media(50)["lost"] == 0
        reading = far_end.stats()
        assert (reading["streams"], reading["lost"]) == (2, 0)
        one.send({"type": "leave"})
        one.wait_for_end()
        other.wait_for_media(50)


@pytest.mark.parametrize("home", [None, "/proc", "/no/such/home"])
def test_call_without_a_home(tmp_path, far_end, home):
    with SIPEngine(tmp_path, env={"HOME": home} if home else {}) as engine:
        engine.join(far_end.uri)
        engine.wait_for_state("joined")
        engine.wait_for_media(25)


def test_everything_written_is_in_the_runtime_folder_and_is_gone_after(tmp_path, far_end):
    home, run_user = tmp_path / "home", tmp_path / "run-user"
    for folder in (home, run_user):
        folder.mkdir(mode=0o700)
    with SIPEngine(tmp_path, env={"HOME": str(home), "XDG_RUNTIME_DIR": str(run_user)}) as engine:
        engine.join(far_end.uri)
        engine.wait_for_state("joined")
        engine.wait_for_media(25)
        (folder,) = engine.runtime.iterdir()
        assert folder.stat().st_mode & 0o777 == 0o700
        engine.send({"type": "leave"})
        engine.wait_for_end()
        assert list(engine.runtime.iterdir()) == []
    assert list(home.rglob("*")) == []
    assert [p for p in run_user.rglob("*") if p.is_file()] == []
    assert sorted(p.name for p in tmp_path.iterdir() if p.is_file()) == ["engine.log"]


def test_without_a_runtime_folder_the_users_is_used(tmp_path, far_end):
    run_user = tmp_path / "run-user"
    run_user.mkdir(mode=0o700)
    environment = {"RUNTIME_DIRECTORY": "", "XDG_RUNTIME_DIR": str(run_user)}
    with SIPEngine(tmp_path, env=environment) as engine:
        engine.join(far_end.uri)
        engine.wait_for_state("joined")
        assert any(path.is_dir() for path in run_user.iterdir())
        engine.send({"type": "leave"})
        engine.wait_for_end()
    assert [p for p in run_user.rglob("*") if p.is_file()] == []
