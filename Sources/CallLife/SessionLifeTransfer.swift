// SPDX-License-Identifier: Apache-2.0
import CallModel

// MARK: - The far end asks for a transfer, or refuses one

extension SessionLife {
  /// Only a joined call has the last word: an engine that takes up the call has the request once the call is joined.
  mutating func askedForTransfer(_ report: EngineReport) -> [Effect] {
    guard state == .joined || state == .reconnecting, report.transferRequest != reported.transferRequest,
      report.state == .joined || report.transferRequest != nil
    else { return [] }
    reported.transferRequest = report.transferRequest
    return [.announce(report.transferRequest.map { .transferRequested(address: $0) } ?? .transferRequestEnded)]
  }

  mutating func transferFailed(_ detail: String) -> [Effect] {
    guard engineSpeaks, state == .joined || state == .reconnecting else { return [] }
    return [.announce(.transferFailed(detail: detail))]
  }

  /// For a record that is shown.
  public mutating func hideTransfer() { reported.transferRequest = nil }

  /// The same, of how it ended.
  public mutating func hideDetail() { end?.detail = "" }
  public mutating func hideConnectedTo() { reported.connectedTo = nil }

  var contradictionOfTransfer: String? {
    guard reported.transferRequest != nil, state != .joined, state != .reconnecting else { return nil }
    return "it is \(state.rawValue), but is asked for a transfer"
  }
}
