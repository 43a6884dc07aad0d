# SPDX-License-Identifier: Apache-2.0
"""The engine's channel."""

from mutation import Mutation

CHANNEL = ("EngineChannelTests: EngineRuntimeTests LineFramerTests RequestCodecTests MessageCodecTests "
           "HostileLineTests")

MUTATIONS = [
    Mutation("channel-after-a-long-line", "EngineChannel/LineFramer.swift", "      skips = false\n", "", CHANNEL),
    Mutation("channel-longest-line", "EngineChannel/LineFramer.swift",
             "pending.count + part.count <= EngineProtocol", "pending.count + part.count < EngineProtocol", CHANNEL),
    Mutation("channel-answers-are-bounded", "EngineChannel/EngineRuntime.swift",
             "      if answers.count == Self.maximumAnswers { answers.removeFirst() }\n", "", CHANNEL),
    Mutation("channel-nothing-after-the-end", "EngineChannel/EngineRuntime.swift",
             "      if case .ended = report.state { media = nil }\n", "", CHANNEL),
    Mutation("channel-far-end-of-the-future", "EngineChannel/EngineRuntime.swift",
             "min(time ?? .max, monotonicMilliseconds())", "time ?? monotonicMilliseconds()", CHANNEL),
    Mutation("channel-broken-pipe", "EngineChannel/EngineRuntime.swift",
             "        if errno == EPIPE { (writing, state, media, answers) = ([], nil, nil, []) }\n", "", CHANNEL),
    Mutation("channel-descriptor-of-its-line", "EngineChannel/EngineRuntime.swift",
             "(isLast && endsLine ? received : nil) ?? passed", "(endsLine ? received : nil) ?? passed", CHANNEL),
    Mutation("channel-untaken-descriptors", "EngineChannel/EngineRuntime.swift",
             "    attached.removeAll()\n", "", CHANNEL),
    Mutation("channel-longest-path", "EngineChannel/WireRule.swift",
             ", path.utf8.count <= EngineProtocol.maximumPathLength else", " else", CHANNEL),
    Mutation("channel-longest-device", "EngineChannel/WireRule.swift",
             ", name.utf8.count <= EngineProtocol.maximumDeviceLength else", " else", CHANNEL),
]
