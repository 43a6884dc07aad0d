# SPDX-License-Identifier: Apache-2.0
"""The live objects are those of the documented contract, packaging/dbus-1/org.ongoingcall.Calls1.xml."""

import xml.etree.ElementTree as ElementTree

from calls import ROOT
from names import PROJECT

CONTRACT = PROJECT / "packaging/dbus-1/org.ongoingcall.Calls1.xml"
EMITS = "org.freedesktop.DBus.Property.EmitsChangedSignal"
PREFIX = "org.ongoingcall."


def described(interface):
    """An interface without its order, its comments and what is a default."""
    members = {}
    for member in interface:
        if member.tag == "annotation":
            members["annotation", member.get("name")] = member.get("value")
            continue
        if member.tag == "property":
            what = [member.get("type"), member.get("access")]
        else:
            default = "in" if member.tag == "method" else "out"
            what = [(arg.get("name"), arg.get("type"), arg.get("direction", default)) for arg in member.findall("arg")]
        notes = {note.get("name"): note.get("value") for note in member.findall("annotation")}
        if member.tag == "property":
            notes.setdefault(EMITS, "true")
        members[member.tag, member.get("name")] = (what, notes)
    return members


def interfaces(node):
    return {child.get("name"): described(child) for child in node.findall("interface")}


def ours(found):
    return {name: members for name, members in found.items() if name.startswith(PREFIX)}


def introspect(calls, path):
    text = calls.user.run("gdbus", "introspect", "--session", "--dest", "org.ongoingcall.Calls1", "--object-path",
                          path, "--xml").stdout  # fmt: skip
    return ElementTree.fromstring(text[text.index("<node") :])


def contract():
    return ElementTree.parse(CONTRACT).getroot()


def test_the_manager_is_as_documented(calls):
    live = introspect(calls, ROOT)
    assert ours(interfaces(live)) == interfaces(contract())
    assert "org.freedesktop.DBus.ObjectManager" in interfaces(live)


def test_an_account_is_as_documented(calls):
    (path,) = calls.call("AddAccount", "{'address': <'sip:me@example.org'>}")
    assert ours(interfaces(introspect(calls, path))) == interfaces(contract().findall("node")[1])


def test_a_session_is_as_documented(calls):
    session = calls.launch(command=["/bin/sleep", "1000"])
    assert ours(interfaces(introspect(calls, session.path))) == interfaces(contract().find("node"))
    calls.ctl("abort", check=True)


def test_the_object_manager_has_every_session_with_every_property(calls):
    session = calls.launch(command=["/bin/sleep", "1000"])
    (managed,) = calls.call("GetManagedObjects", interface="org.freedesktop.DBus.ObjectManager")
    documented = {
        member.get("name")
        for member in contract().find("node").find("interface").findall("property")
    }
    assert set(managed) - {ROOT} == {session.path}
    assert set(managed[session.path]["org.ongoingcall.Calls1.Session"]) == documented
    calls.ctl("abort", check=True)


def test_every_property_has_its_documented_type(calls):
    session = calls.launch(command=["/bin/sleep", "1000"])
    for path, node in ((ROOT, contract()), (session.path, contract().find("node"))):
        interface = node.find("interface")
        for member in interface.findall("property"):
            answer = calls.user.busctl("get-property", "org.ongoingcall.Calls1", path, interface.get("name"),
                                       member.get("name"))  # fmt: skip
            assert answer["type"] == member.get("type"), member.get("name")
    calls.ctl("abort", check=True)


def test_the_contract_says_something_of_every_member():
    """Each method, signal and property of the contract has a comment before it."""
    source = CONTRACT.read_text()
    parser = ElementTree.XMLParser(target=ElementTree.TreeBuilder(insert_comments=True))
    tree = ElementTree.fromstring(source, parser=parser)
    bare = []
    for interface in tree.iter("interface"):
        previous = None
        for member in interface:
            if member.tag in ("method", "signal") and previous is not ElementTree.Comment:
                bare.append(member.get("name"))
            previous = member.tag
    assert bare == []


def test_installed_as_it_is_here(calls):
    installed = calls.user.bed.path("/usr/local/share/dbus-1/interfaces/org.ongoingcall.Calls1.xml").read_text()
    assert installed == CONTRACT.read_text()
