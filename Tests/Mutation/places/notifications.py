# SPDX-License-Identifier: Apache-2.0
"""Notifications."""

from mutation import Mutation

NOTIFICATION = "CallNotificationTests: NotificationLifeTests NotificationComposerTests CustomNotificationTests"
QUIET = "OngoingCallDaemonTests: QuietRequestTests DesktopSettingsTests"

MUTATIONS = [
    Mutation("notification-urgent-ends-pause", "CallNotification/NotificationLife.swift",
             "content?.isOngoing != true || isMoreUrgent { effects", "content?.isOngoing != true { effects", NOTIFICATION),
    Mutation("notification-remembers-before-posting", "CallNotification/NotificationLife.swift",
             "(isKnown ? [.remember] : [])", "[]", NOTIFICATION),
    Mutation("notification-closed-then-refused", "CallNotification/NotificationLife.swift",
             "    if onServer.wasClosed { onServer.forget() }\n", "", NOTIFICATION),
    Mutation("notification-last-id", "CallNotification/NotificationLife.swift",
             "    if id != newID { onServer.lastID = id }\n", "", NOTIFICATION),
    Mutation("notification-changed-meanwhile", "CallNotification/NotificationLife.swift",
             "[.remember]) + effects + next", "[.remember]) + effects", NOTIFICATION),
    Mutation("notification-closed-for-good", "CallNotification/NotificationLife.swift",
             "dismissal = wanted.isOngoing ? .pause : .untilChange", "dismissal = .pause", NOTIFICATION),
    Mutation("notification-left-at-this-server", "CallNotification/NotificationLife.swift",
             "if left.server == name {", "if !left.server.isEmpty {", NOTIFICATION),
    Mutation("notification-news-forgive-failures", "CallNotification/NotificationLife.swift",
             "    wanted = content\n    failures = 0\n", "    wanted = content\n", NOTIFICATION),
    Mutation("notification-actions-of-strangers", "CallNotification/NotificationLife.swift",
             "guard server != nil, id != 0 else { return false }", "guard server != nil else { return false }", NOTIFICATION),
    Mutation("notification-markup", "CallNotification/NotificationComposer.swift",
             "(server.readsMarkup ? Markup.escape(body) : body)", "body", NOTIFICATION),
    Mutation("notification-resident", "CallNotification/NotificationComposer.swift",
             "isResident: !custom.autoCancels", "isResident: true", NOTIFICATION),
    Mutation("notification-tap-is-a-button", "CallNotification/NotificationComposer.swift",
             "if session.canReturn, !server.has(.showsTapAsButton) {", "if session.canReturn {", NOTIFICATION),
    Mutation("notification-urgent-in-spite", "OngoingCallDaemon/Notifications/NotificationController.swift",
             "if isQuiet { content.urgency = Importance.max.urgency }", "", QUIET),
    Mutation("notification-let-through", "OngoingCallDaemon/Notifications/NotificationController.swift",
             "    if !isWanted { quiet.want(false) }\n", "", QUIET),
    Mutation("notification-settings-type", "OngoingCallDaemon/Files/SettingsDatabase.swift",
             "isValue(number) && isNamed(number, wanted[...])", "isValue(number)", QUIET),
]
