# SPDX-License-Identifier: Apache-2.0
"""The terminal's channel, and the command engine."""

from mutation import Mutation

TERMINAL = ("TerminalChannelTests: ScreenModesTests TerminalCodecTests ControlParserTests TerminalQuestionTests "
            "TextStyleReaderTests")
RUN = "OngoingCallRunTests: ScrollbackTests ReplayFilterTests ProgramExitTests QuestionFilterTests"

MUTATIONS = [
    Mutation("terminal-sequence-is-bounded", "TerminalChannel/ControlParser.swift",
             "if bytes.count < Self.maximumLength { bytes.append(byte) }", "bytes.append(byte)", TERMINAL),
    Mutation("terminal-control-inside-sequence", "TerminalChannel/ControlParser.swift",
             "    case (_, 0..<0x20): return .plain(byte)\n", "", TERMINAL),
    Mutation("terminal-keyboards-are-bounded", "TerminalChannel/ScreenParts.swift",
             "if pushed.count < Self.maximum {", "if pushed.count >= 0 {", TERMINAL),
    Mutation("terminal-keyboards-of-each-screen", "TerminalChannel/ScreenModes.swift",
             "let isOnMain = alternate == nil", "let isOnMain = true", TERMINAL),
    Mutation("terminal-answers-carry-no-keys", "TerminalChannel/StringSettings.swift",
             "&& value.allSatisfy { Unicode.Scalar($0)", "|| value.allSatisfy { Unicode.Scalar($0)", TERMINAL),
    Mutation("run-questions-of-others", "ongoingcall-run/QuestionFilter.swift",
             "!asks(question, place + rest.startIndex)", "!asks(question, place)", RUN),
    Mutation("terminal-soft-reset-shows-cursor", "TerminalChannel/ScreenModes.swift",
             "for mode in [1, 6, 7, 25, 66]", "for mode in [1, 6, 7, 66]", TERMINAL),
    Mutation("terminal-at-rest", "TerminalChannel/ScreenModes.swift",
             "    copy.parser = ControlParser()\n", "    copy.parser = parser\n", TERMINAL),
    Mutation("terminal-text-is-bounded", "TerminalChannel/TerminalCodec.swift",
             "while text.utf8.count > TerminalProtocol.maximumText {",
             "while text.utf8.count > 2 * TerminalProtocol.maximumText {", TERMINAL),
    Mutation("run-scrollback-within-limit", "ongoingcall-run/Scrollback.swift",
             "let oldest = max(start, end - limit)", "let oldest = start", RUN),
    Mutation("run-replay-asks-nothing", "ongoingcall-run/ReplayFilter.swift",
             "![0x50, 0x58, 0x5A, 0x5E, 0x5F].contains", "![0x50, 0x58, 0x5E, 0x5F].contains", RUN),
]
