# SPDX-License-Identifier: Apache-2.0
"""The terminal's channel and screen, and the command engine."""

from mutation import Mutation

TERMINAL = "TerminalChannelTests: ScreenModesTests TerminalCodecTests ControlParserTests TerminalQuestionTests"
SCREEN = "TerminalScreenTests: ScreenTests ScreenPaintingTests ScreenResizeTests ScreenQuestionsTests CellStyleTests"
RUN = "OngoingCallRunTests: ScrollbackTests ProgramExitTests QuestionFilterTests"

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
    Mutation("run-beginning-is-gone", "ongoingcall-run/QuestionFilter.swift",
             "(parser, [], parser.isInSequence)", "(parser, [], false)", RUN),
    Mutation("screen-history-is-bounded", "TerminalScreen/LineHistory.swift",
             "    if count == Self.maximumLines { removeFirst() }\n", "", SCREEN),
    Mutation("screen-wide-characters-are-whole", "TerminalScreen/Grid.swift",
             "    separate(row, column + width)\n", "", SCREEN),
    Mutation("screen-erased-rows-are-no-text", "TerminalScreen/VirtualScreen+Painting.swift",
             " && next.first?.isBlank == false", " && !next.isEmpty", SCREEN),
    Mutation("screen-what-has-begun", "TerminalScreen/VirtualScreen.swift", "{ begun ?? taken }", "{ taken }", SCREEN),
    Mutation("screen-rows-of-the-margins", "TerminalScreen/VirtualScreen+Questions.swift",
             "let top = cursor.isInOrigin ? region.lowerBound : 0", "let top = 0", SCREEN),
    Mutation("screen-collects-what-is-saved", "TerminalScreen/VirtualScreen.swift",
             "    history.forEachCell { collection.keep(&$0) }\n", "", SCREEN),
]
