// SPDX-License-Identifier: Apache-2.0
import CallModel
import Systemd

/// What a client of the API can be refused with.
enum CallRefusal: Error, Equatable {
  case noSuchSession(String)
  case ambiguousSession([String])
  case invalidOption(String, String)
  case engineNotFound(String)
  case engineFailed(String)
  case notPermitted(String)
  case limitReached(String)
  case notSupported(String)
  case sessionEnded(String)
  case returnFailed(String)
  case outcomeUnknown(String)

  static let stopping = engineFailed(
    "\(DaemonName.executable) is stopping; try again")

  var name: String {
    switch self {
    case .noSuchSession: BusErrorName.noSuchSession
    case .ambiguousSession: BusErrorName.ambiguousSession
    case .invalidOption: BusErrorName.invalidOption
    case .engineNotFound: BusErrorName.engineNotFound
    case .engineFailed: BusErrorName.engineFailed
    case .notPermitted: BusErrorName.notPermitted
    case .limitReached: BusErrorName.limitReached
    case .notSupported: BusErrorName.notSupported
    case .sessionEnded: BusErrorName.sessionEnded
    case .returnFailed: BusErrorName.returnFailed
    case .outcomeUnknown: BusErrorName.outcomeUnknown
    }
  }

  var message: String {
    switch self {
    case .noSuchSession(""): "there is no call"
    case .noSuchSession(let id): "there is no call with the id “\(DisplayText(String(id.prefix(64))))”"
    case .ambiguousSession(let ids): "there are \(ids.count) calls; name one of \(ids.joined(separator: ", "))"
    case .invalidOption(let option, let problem): OptionProblem(option, problem).description
    case .engineNotFound(let text), .engineFailed(let text), .notPermitted(let text), .limitReached(let text),
      .notSupported(let text):
      text
    case .sessionEnded(let id): "the call \(id) has ended"
    case .returnFailed(let text), .outcomeUnknown(let text): text
    }
  }
}

extension CallRefusal {
  init(_ problem: OptionProblem) { self = .invalidOption(problem.option, problem.text) }

  /// What `check` returns; a problem that it finds is one of `option`.
  static func ofOption<Value>(
    _ option: String? = nil, _ check: () throws(OptionProblem) -> Value
  ) throws(CallRefusal) -> Value {
    do { return try check() } catch { throw CallRefusal(error.inside(option)) }
  }
}

extension BusError {
  init(_ error: CallRefusal) { self.init(error.name, error.message) }

  /// What was wrong with the message itself, in the words of this API.
  var ofThisAPI: BusError {
    name == Self.limitsExceeded ? BusError(.limitReached("\(DisplayText(message))")) : self
  }
}
