# SPDX-License-Identifier: Apache-2.0
"""packaging/install puts what is needed where systemd and the bus find it, and takes exactly that away again."""

import fnmatch
import re
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest
from beds import INSTALL, PROGRAMS, PROGRAMS_INSIDE
from booted import wait_for
from calls import UNIT, Calls
from names import PROJECT, message_ids

APPLICATION = "org.ongoingcall.OngoingCall"
CATALOG = PROJECT / "systemd/ongoingcall.catalog"


def files(user, directory="."):
    """All files and folders of a directory of the user's, with their kinds and modes."""
    return set(user.run("find", directory, "-mindepth", "1", "-printf", "%y %m %P\\n").stdout.splitlines())


def install(user, *options, **more):
    return user.run(INSTALL, "--user", "--bin-dir", PROGRAMS_INSIDE, *options, **more)


def test_for_one_user_from_nothing_to_a_call_and_back(bare):
    before = files(bare)
    install(bare)
    # The bus and the manager know of it at once, without a new login.
    calls = Calls(bare)
    session = calls.launch(command=["/bin/sleep", "1000"])
    session.wait_until("joined")
    assert bare.unit(UNIT, "FragmentPath")["FragmentPath"] == f"{bare.home}/.local/share/systemd/user/{UNIT}"
    assert calls.ctl("list").stdout.count(session.id) == 1

    bare.run(INSTALL, "--user", "--uninstall")
    assert files(bare) == before
    wait_for("nothing of it to run", lambda: not calls.engine_units())
    assert bare.unit(UNIT, "LoadState", "ActiveState") == {"LoadState": "not-found", "ActiveState": "inactive"}
    assert bare.run("busctl", "--user", "call", "org.ongoingcall.Calls1", "/org/ongoingcall/Calls1",
                    "org.ongoingcall.Calls1.Manager", "Describe", check=False).returncode != 0  # fmt: skip


def test_installing_twice_is_installing_once(bare):
    before = files(bare)
    install(bare)
    once = files(bare)
    install(bare)
    assert files(bare) == once
    bare.run(INSTALL, "--user", "--uninstall")
    assert files(bare) == before


def test_two_at_once_are_one_after_the_other(bare):
    before = files(bare)
    once = f"{INSTALL} --user --bin-dir {PROGRAMS_INSIDE}"
    for _ in range(3):
        both = bare.run("bash", "-c", f"{once} & {once} & wait -n && wait -n", check=False)
        assert both.returncode == 0, both.stderr
        bare.run(INSTALL, "--user", "--uninstall")
        assert files(bare) == before


def test_uninstalling_takes_the_empty_folders_of_the_daemon_away(bare):
    install(bare)
    calls = Calls(bare)
    session = calls.launch(command=["/bin/sleep", "1000"])
    session.wait_until("joined")
    runtime = f"/run/user/{bare.uid}/ongoingcall"
    bare.run("mkdir", "-p", runtime, ".local/state/ongoingcall")
    bare.run(INSTALL, "--user", "--uninstall")
    assert bare.run("ls", "-d", runtime, ".local/state/ongoingcall", check=False).stdout == ""


def test_a_directory_that_is_not_in_the_path_is_told_with_its_remedy(bare):
    said = install(bare, env={"PATH": "/usr/bin:/bin"}).stdout
    line = next(line for line in said.splitlines() if "not in your PATH" in line)
    remedy = line.partition("~/.profile: ")[2]
    found = bare.run("bash", "-c", f"{remedy}; command -v ongoingcallctl", env={"PATH": "/usr/bin:/bin"}).stdout
    assert found == f"{bare.home}/.local/bin/ongoingcallctl\n"
    assert "not in your PATH" not in install(bare).stdout


def test_a_prefix_that_is_searched_may_be_used(bare):
    before = files(bare)
    data = {"XDG_DATA_DIRS": f"{bare.home}/own/share:/usr/share"}
    bare.run(INSTALL, "--user", "--prefix", f"{bare.home}/own", "--bin-dir", PROGRAMS_INSIDE, env=data)
    bare.run(INSTALL, "--user", "--prefix", f"{bare.home}/own", "--uninstall")
    assert files(bare) == before


def test_a_running_daemon_can_be_replaced(bare):
    install(bare)
    calls = Calls(bare)
    session = calls.launch(command=["/bin/sleep", "1000"])
    session.wait_until("joined")
    daemon = calls.daemon()
    assert "systemctl --user restart ongoingcalld" in install(bare).stdout
    assert calls.daemon() == daemon
    assert session["State"] == "joined"


def test_uninstalling_leaves_what_is_not_ours(bare):
    install(bare)
    bare.install("mine\n", ".local/share/ongoingcall/engines/mine.json")
    bare.run(INSTALL, "--user", "--uninstall")
    left = {line.split()[2] for line in files(bare, ".local/share/ongoingcall") if line.startswith("f")}
    assert left == {"engines/mine.json"}


def test_the_desktop_knows_it(bare):
    """Name, icon and translations are where desktops look for them."""
    install(bare)
    share = f"{bare.home}/.local/share"
    entry = bare.run("cat", f"{share}/applications/{APPLICATION}.desktop").stdout
    assert f"Exec={bare.home}/.local/bin/ongoingcallctl status\n" in entry
    assert f"Icon={APPLICATION}\n" in entry
    for name in (APPLICATION, f"{APPLICATION}.Open", f"{APPLICATION}.Window"):
        bare.run("desktop-file-validate", f"{share}/applications/{name}.desktop")
    for name in (APPLICATION, f"{APPLICATION}.Window"):
        said = bare.run("appstreamcli", "validate", "--no-net", f"{share}/metainfo/{name}.metainfo.xml", check=False)
        problems = [line for line in said.stdout.splitlines() if re.match("[EW]: ", line)]
        # Versions differ in whether they want a homepage, which the project has not.
        assert said.stdout and all("url-homepage-missing" in line for line in problems), said.stdout
    for icon in (f"scalable/apps/{APPLICATION}.svg", f"symbolic/apps/{APPLICATION}-symbolic.svg"):
        drawing = ElementTree.fromstring(bare.run("cat", f"{share}/icons/hicolor/{icon}").stdout)
        assert drawing.tag == "{http://www.w3.org/2000/svg}svg"
    german = bare.run("msgunfmt", f"{share}/locale/de/LC_MESSAGES/ongoingcall.mo").stdout
    assert 'msgid "Hang up"\nmsgstr "Auflegen"\n' in german
    assert bare.unit(UNIT, "Environment")["Environment"] == f"TEXTDOMAINDIR={share}/locale"


def test_without_gettext_it_is_installed_without_translations(bare):
    bare.run("bash", "-c", "mkdir few && ln -s /usr/bin/* few/ && rm few/msgfmt")
    install(bare)
    result = install(bare, env={"PATH": f"{bare.home}/few"})
    assert "without translations" in result.stdout and "gettext" in result.stdout
    # What was there before is not left behind as somebody else's.
    assert not [line for line in files(bare, ".local/share") if line.startswith("f") and line.endswith(".mo")]


def test_where_the_program_cannot_write_its_completions_nothing_is_installed(bare):
    """Without /proc it knows nothing of its arguments, shows its help and succeeds."""
    before = files(bare)
    script = f'mount -t tmpfs none /proc && exec setpriv --reuid {bare.uid} --regid {bare.gid} --clear-groups "$@"'
    without = ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh"]
    arguments = [INSTALL, "--user", "--bin-dir", PROGRAMS_INSIDE]
    result = bare.bed.run(*without, *arguments, env=bare.environment, check=False)
    assert result.returncode != 0
    assert "there is no /proc here" in result.stderr and "mount -t proc proc /proc" in result.stderr
    assert files(bare) == before


def test_completions_that_are_none_are_not_installed(bare):
    bare.run("mkdir", "programs")
    bare.run("cp", *(f"{PROGRAMS_INSIDE}/{name}" for name in PROGRAMS), "programs")
    before = files(bare)
    bare.install("#!/bin/sh\necho OVERVIEW: Keep calls\n", "programs/ongoingcallctl", 0o755)
    result = bare.run(INSTALL, "--user", "--bin-dir", f"{bare.home}/programs", check=False)
    assert result.returncode != 0
    assert "wrote no completions for bash, but: “OVERVIEW: Keep calls”; nothing is installed" in result.stderr
    assert files(bare) == before


def test_a_dry_run_changes_nothing(bare):
    before = files(bare)
    shown = install(bare, "--dry-run").stdout
    assert files(bare) == before
    install(bare)
    installed = {line.split()[2] for line in files(bare) - before if line.startswith("f")}
    said = set(re.findall(rf"would install: {bare.home}/(\S+)", shown))
    assert said == installed - {".local/share/ongoingcall/manifest", ".local/share/applications/mimeinfo.cache"}
    during = files(bare)
    bare.run(INSTALL, "--user", "--uninstall", "--dry-run")
    assert files(bare) == during


def test_for_a_package(bare):
    """DESTDIR: everything below it, and nothing that runs is told."""
    environment = {"DESTDIR": f"{bare.home}/stage"}
    bare.run(INSTALL, "--system", "--prefix", "/usr", "--bin-dir", PROGRAMS_INSIDE, env=environment)
    staged = {line.split()[2] for line in files(bare, "stage") if line.startswith("f")}
    assert {"usr/bin/ongoingcallctl", "usr/libexec/ongoingcalld", "usr/lib/systemd/user/ongoingcalld.service",
            "usr/share/dbus-1/services/org.ongoingcall.Calls1.service", "usr/share/ongoingcall/engines/sip.json",
            "usr/lib/systemd/catalog/ongoingcall.catalog", "usr/share/man/man1/ongoingcallctl.1",
            "usr/share/man/man5/ongoingcalld.conf.5", "usr/share/man/man8/ongoingcalld.8",
            "usr/share/bash-completion/completions/ongoingcallctl", "usr/share/zsh/site-functions/_ongoingcallctl",
            "usr/share/fish/vendor_completions.d/ongoingcallctl.fish"} <= staged  # fmt: skip
    unit = bare.run("cat", "stage/usr/lib/systemd/user/ongoingcalld.service").stdout
    assert "ExecStart=/usr/libexec/ongoingcalld\n" in unit
    assert "stage" not in unit and "@" not in unit.replace("@system-service", "")
    bare.run(INSTALL, "--system", "--prefix", "/usr", "--uninstall", env=environment)
    assert files(bare, "stage") == set()


def staged(programs):
    """Every file that packages are made of."""
    said = subprocess.run([PROJECT / "packaging/install", "--system", "--prefix", "/usr", "--bin-dir", programs,
                           "--dry-run"], env={"DESTDIR": "/stage", "PATH": "/usr/bin:/bin"}, capture_output=True,
                          text=True, check=True).stdout  # fmt: skip
    files = set(re.findall(r"^would install: /stage/(\S+)$", said, re.MULTILINE))
    # By the systemd of the machine where they are made.
    return files | {"usr/lib/systemd/user/ongoingcalld.service.d/10-systemd-254.conf"}


def takers(lists, path):
    """The packages that have this file: by its name, a pattern, or a folder above it."""
    return [name for name, entries in lists.items()
            if any(fnmatch.fnmatch(path, entry) or path.startswith(f"{entry}/") for entry in entries)]  # fmt: skip


def debian_lists():
    return {path.stem: path.read_text().split() for path in (PROJECT / "packaging/debian").glob("*.install")}


def fedora_lists():
    """Of the spec, with macros in the place of what they stand for; translations are found by %find_lang."""
    spec = (PROJECT / "packaging/fedora/ongoingcall.spec").read_text()
    macros = {"_bindir": "/usr/bin", "_libexecdir": "/usr/libexec", "_userunitdir": "/usr/lib/systemd/user",
              "_userpresetdir": "/usr/lib/systemd/user-preset", "_prefix": "/usr", "_datadir": "/usr/share",
              "_mandir": "/usr/share/man", "_metainfodir": "/usr/share/metainfo", "_docdir": "/usr/share/doc",
              "name": "ongoingcall"}  # fmt: skip
    lists = {}
    for title, body in re.findall(r"^%files ?(.*)\n((?:.+\n)*)", spec, re.MULTILINE):
        paths = [line.split()[-1] for line in body.splitlines() if not line.startswith(("%dir", "%license"))]
        lists[title] = [re.sub(r"%{(\w+)}", lambda macro: macros[macro[1]], path).lstrip("/") for path in paths]
    next(entries for title, entries in lists.items() if ".lang" in title).append("usr/share/locale")
    return lists


@pytest.mark.parametrize("lists", [debian_lists, fedora_lists])
def test_every_installed_file_is_in_one_package(programs, lists):
    lists = lists()
    files = staged(programs)
    assert len(lists) == 3 and len(files) > 30
    assert {path: takers(lists, path) for path in files if len(takers(lists, path)) != 1} == {}
    # And none is named that is not there; Swift's libraries come from elsewhere.
    stale = {entry for entries in lists.values() for entry in entries
             if not any(takers({"": [entry]}, path) for path in files)}  # fmt: skip
    assert stale <= {"usr/lib/ongoingcall/*"}


@pytest.mark.parametrize("name", ["sip", "gtk"])
def test_the_other_packages_are_the_same_everywhere(name):
    build = (PROJECT / "packaging/arch/PKGBUILD").read_text()
    arch = re.search(rf"^{name}_files=\(\n(.*?)^\)", build, re.MULTILINE | re.DOTALL)[1].split()
    assert sorted(arch) == sorted(debian_lists()[f"ongoingcall-{name}"])
    fedora = next(entries for title, entries in fedora_lists().items() if title == name)
    assert sorted(arch) == sorted(path.rstrip("*") for path in fedora)


def test_packages_have_the_programs_version():
    version = re.search(r'version = "(.*)"', (PROJECT / "Sources/CallModel/Names/SystemNames.swift").read_text())[1]
    packaging = PROJECT / "packaging"
    assert (packaging / "debian/changelog").read_text().startswith(f"ongoingcall ({version})")
    assert re.search(r"^Version: +(.*)$", (packaging / "fedora/ongoingcall.spec").read_text(), re.M)[1] == version
    assert f"\npkgver={version}\n" in (packaging / "arch/PKGBUILD").read_text()
    for name in (APPLICATION, f"{APPLICATION}.Window"):
        assert f'<release version="{version}"' in (packaging / f"{name}.metainfo.xml").read_text()


@pytest.mark.parametrize(
    ("options", "words"),
    [(["--frobnicate"], ["--frobnicate"]), (["--prefix"], ["--prefix"]), (["--prefix", "here"], ["here", "absolute"]),
     (["--prefix", "/with space"], ["/with space"]), (["--user", "--bin-dir", "/nowhere"], ["/nowhere", "missing"]),
     (["--user", "--prefix", "/srv/elsewhere"], ["/srv/elsewhere/share", "XDG_DATA_DIRS"]),
     (["--system"], ["needs root", "sudo", "--user"]), (["--system", "--build"], ["needs root"]),
     (["--user", "--uninstall"], ["nothing is installed"])])  # fmt: skip
def test_what_cannot_be_done_is_said(bare, options, words):
    before = files(bare)
    result = bare.run(INSTALL, *options, check=False)
    assert result.returncode != 0
    for word in words:
        assert word in result.stderr
    assert files(bare) == before


def test_the_catalog_explains_every_message_id(installed):
    catalogued = re.findall(r"^-- ([0-9a-f]{32})$", CATALOG.read_text(), re.MULTILINE)
    assert sorted(catalogued) == sorted(message_ids().values())
    shown = installed.run("journalctl", "--dump-catalog", *catalogued).stdout
    assert shown.count("Defined-By: ongoingcalld") == len(catalogued)


def test_the_journal_shows_the_catalogs_texts(calls):
    session = calls.launch(command=["/bin/sleep", "1000"])
    session.call("Abort")
    shown = calls.user.run("journalctl", "--user", "--catalog", "--unit=ongoingcalld", "--no-pager").stdout
    assert "A call was launched" in shown
    assert f"ongoingcallctl abort {session.id}" in shown


def test_no_program_needs_swifts_shared_libraries(programs):
    for name in ("ongoingcalld", "ongoingcallctl", "ongoingcall-run", "ongoingcall-sip", "ongoingcall-secret",
                 "ongoingcall-window"):  # fmt: skip
        needed = subprocess.run(["ldd", programs / name], capture_output=True, text=True, check=True).stdout
        assert "libswift" not in needed and "not found" not in needed, f"{name}:\n{needed}"
