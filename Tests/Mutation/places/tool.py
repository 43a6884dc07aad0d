# SPDX-License-Identifier: Apache-2.0
"""The tool."""

from mutation import Mutation

MUTATIONS = [
    Mutation("tool-detach-keys-twice", "OngoingCallCommands/Terminal/DetachWatch.swift",
             "matched == 1 ? token.bytes : held", "held", "OngoingCallCommandsTests: DetachWatchTests"),
    Mutation("tool-pasted-keys-do-not-detach", "OngoingCallCommands/Terminal/KeyReader.swift",
             "    if isPasting { return paste(byte) }\n", "", "OngoingCallCommandsTests: DetachWatchTests"),
    Mutation("tool-json-escapes-controls", "OngoingCallCommands/Output/JSON.swift",
             "case 0x00...0x1F, 0x7F...0x9F,", "case 0x00...0x1F,", "OngoingCallCommandsTests: JSONTests"),
    Mutation("tool-the-one-that-is-live", "OngoingCallCommands/Calls/SessionChoice.swift",
             "    case (_, 1): return live[0].id\n", "", "OngoingCallCommandsTests: LookingTests ChangingTests"),
    Mutation("tool-poor-by-round-trip", "CallModel/Words/MediaQuality.swift",
             "loss >= Self.poorLoss || roundTrip >= Self.poorRoundTrip", "loss >= Self.poorLoss",
             "OngoingCallCommandsTests: LookingTests"),
    Mutation("tool-loss-is-rounded-up", "CallModel/Words/MediaQuality.swift",
             "(share * 1000).rounded(.up)", "(share * 1000).rounded(.down)",
             "OngoingCallCommandsTests: LookingTests"),
    Mutation("tool-elapsed-over-an-hour", "CallModel/Words/ElapsedTime.swift",
             r"""\(hours):\(Self.padded(minutes))""", r"""\(hours):\(minutes)""",
             "OngoingCallCommandsTests: BarTests"),
    Mutation("tool-swapped-letters", "OngoingCallCommands/CommandLine/Suggestion.swift",
             "least = min(least, rows[i - 1][j - 1] + 1)", "least = min(least, rows[i - 1][j - 1] + 2)",
             "OngoingCallCommandsTests: OutputTests"),
    Mutation("tool-story-of-an-unplain-unit", "OngoingCallCommands/History/CallStory.swift",
             " && $0.allSatisfy(Self.isPlain)", "", "OngoingCallCommandsTests: JournalTests"),
    Mutation("tool-which-call-of-many", "OngoingCallCommands/Calls/SessionChoice.swift",
             "sessions.prefix(10)", "sessions.prefix(11)", "OngoingCallCommandsTests: LookingTests"),
]
