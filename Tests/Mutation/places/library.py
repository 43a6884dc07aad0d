# SPDX-License-Identifier: Apache-2.0
"""The library."""

from mutation import Mutation

MUTATIONS = [
    Mutation("library-answers-of-strangers", "OngoingCall/Bus/NameOwners.swift",
             " || sender.map({ counts($0, to: serial) }) ?? false else", " || sender != nil else",
             "OngoingCallTests: ForgeryTests"),
    Mutation("library-senders-are-bounded", "OngoingCall/Bus/NameOwners.swift",
             "      if answer.senders.count == Self.maximumSenders { answer.senders.removeFirst() }\n", "",
             "OngoingCallTests: AwaitedAnswersTests"),
    Mutation("library-nothing-after-the-end", "OngoingCall/API/CallSession.swift",
             "      guard life.state != .ended else { return [EventChannel]() }\n", "",
             "OngoingCallTests: CallSessionTests EventFeedTests"),
    Mutation("library-token-that-was-used", "OngoingCall/Client/CallCoordinator.swift",
             '      guard isNew || !info.hasEnded else { throw .tokenUsed(request.call.token ?? "") }\n', "",
             "OngoingCallTests: CallSessionTests OngoingCallServiceTests"),
    Mutation("library-looking-starts-nobody", "OngoingCall/API/OngoingCalls.swift",
             "client.ask(.sessions, startsDaemon: false)", "client.ask(.sessions)",
             "OngoingCallTests: OngoingCallsTests"),
    Mutation("library-who-comes-later", "OngoingCall/API/OngoingCalls.swift",
             "      if let newest = audience.newest { source.yield(newest) }\n", "",
             "OngoingCallTests: OngoingCallsTests"),
    Mutation("library-one-after-the-other", "OngoingCall/Client/CallCoordinator.swift",
             "if waiting.isEmpty { isTaken = false } else { waiting.removeFirst().resume() }",
             "if waiting.isEmpty { isTaken = false } else { waiting.removeLast().resume() }",
             "OngoingCallTests: TurnsTests"),
]
