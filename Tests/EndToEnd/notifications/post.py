# SPDX-License-Identifier: Apache-2.0


class Post:
    """The arguments of a Notify."""

    def __init__(self, application, replaced, icon, summary, body, actions, hints, timeout):
        self.application = application
        self.replaced = replaced
        self.icon = icon
        self.summary = summary
        self.body = body
        self.actions = dict(zip(actions[::2], actions[1::2]))
        self.hints = {key: value["data"] for key, value in hints.items()}
        self.timeout = timeout

    def __repr__(self):
        return f"{self.summary!r}: {self.body!r} {self.actions} {self.hints}"
