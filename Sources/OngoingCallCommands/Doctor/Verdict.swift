// SPDX-License-Identifier: Apache-2.0

/// What one check came to.
struct Verdict: Equatable, Sendable {
  /// In the order of how bad they are.
  enum Mark: String, Comparable, CaseIterable, Sendable {
    case ok
    /// Calls work, but not all of what they could have.
    case warning
    /// Calls, or those of one engine, will not work.
    case problem

    static func < (one: Mark, other: Mark) -> Bool { one.severity < other.severity }

    private var severity: Int { Self.allCases.firstIndex(of: self) ?? 0 }
  }

  var mark: Mark
  var found: String
  var remedy: String?

  static func ok(_ found: String) -> Verdict { Verdict(mark: .ok, found: found) }

  static func warning(_ found: String, remedy: String? = nil) -> Verdict {
    Verdict(mark: .warning, found: found, remedy: remedy)
  }

  static func problem(_ found: String, remedy: String? = nil) -> Verdict {
    Verdict(mark: .problem, found: found, remedy: remedy)
  }
}

/// What is checked. The raw values are the `check` of the JSON answer, and stay.
enum HealthTopic: String, CaseIterable, Sendable {
  case sessionBus = "session-bus"
  case userManager = "user-manager"
  case unit
  case daemon
  case watchdog
  case fdStore = "fd-store"
  case engines
  case sipEngine = "sip-engine"
  case audio
  case notifications
  case logout
  case sleep
  case runtimeFolder = "runtime-folder"
  case stateFolder = "state-folder"
  case journal

  /// Of a check that has not come to an end in time.
  var unanswered: Verdict {
    switch self {
    case .sessionBus, .userManager, .unit, .daemon, .watchdog, .fdStore, .engines, .runtimeFolder, .stateFolder:
      .problem("no answer in time", remedy: "something hangs; try again with a longer --timeout")
    case .sipEngine, .audio, .notifications, .logout, .sleep, .journal:
      .warning("no answer in time", remedy: "something hangs; try again with a longer --timeout")
    }
  }
}

/// All verdicts, in the order of the topics.
struct HealthReport: Equatable, Sendable {
  var verdicts: [(topic: HealthTopic, verdict: Verdict)]

  /// - Parameter given: topics that are not in it have not been answered in time.
  init(_ given: [HealthTopic: Verdict]) {
    verdicts = HealthTopic.allCases.map { ($0, given[$0] ?? $0.unanswered) }
  }

  static func == (one: HealthReport, other: HealthReport) -> Bool {
    one.verdicts.elementsEqual(other.verdicts) { $0 == $1 }
  }

  var worst: Verdict.Mark { verdicts.map(\.verdict.mark).max() ?? .ok }

  /// - Parameter strict: whether a warning is a failure.
  func exitStatus(strict: Bool) -> ExitStatus { worst < (strict ? .warning : .problem) ? .success : .failure }

  /// A line for each check: the mark, what was found, what to do.
  func text(_ style: TextStyle) -> String {
    let width = HealthTopic.allCases.map(\.rawValue.count).max() ?? 0
    return verdicts.map { topic, verdict in
      let name = topic.rawValue + String(repeating: " ", count: width - topic.rawValue.count)
      let remedy = verdict.remedy.map { style.faint(" — ") + $0 } ?? ""
      return "\(verdict.mark.shown(style))  \(style.bold(name))  \(verdict.found)\(remedy)"
    }.joined(separator: "\n")
  }

  var json: JSON {
    [
      "worst": .string(worst.rawValue),
      "checks": .array(
        verdicts.map { topic, verdict in
          [
            "check": .string(topic.rawValue),
            "verdict": .string(verdict.mark.rawValue),
            "found": .string(verdict.found),
            "remedy": verdict.remedy.map(JSON.string) ?? .null,
          ]
        }),
    ]
  }
}

extension Verdict.Mark {
  /// The mark in words, all equally wide.
  fileprivate func shown(_ style: TextStyle) -> String {
    switch self {
    case .ok: style.good("ok     ")
    case .warning: style.warning("warning")
    case .problem: style.bad("problem")
    }
  }
}
