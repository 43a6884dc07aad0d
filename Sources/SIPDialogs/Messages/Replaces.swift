// SPDX-License-Identifier: Apache-2.0

/// The dialog that an INVITE asks to replace (RFC 3891). The tags are from its receiver's view.
public struct Replaces: Sendable, Equatable, CustomStringConvertible {
  public var callID: String
  public var toTag: String
  public var fromTag: String
  public var isEarlyOnly: Bool

  public init(callID: String, toTag: String, fromTag: String, isEarlyOnly: Bool = false) {
    (self.callID, self.toTag, self.fromTag, self.isEarlyOnly) = (callID, toTag, fromTag, isEarlyOnly)
  }

  public init?(_ value: String) {
    let value = ArraySlice(value)
    let callID = value.prefix { $0 != UInt8(ascii: ";") }
    guard !callID.trimmed.isEmpty, let parameters = try? Parameter.list(value[callID.endIndex...].dropFirst()),
      let toTag = parameters["to-tag"], let fromTag = parameters["from-tag"]
    else { return nil }
    self.init(
      callID: callID.trimmed.text, toTag: toTag, fromTag: fromTag, isEarlyOnly: parameters.contains("early-only"))
  }

  public var description: String {
    "\(callID);to-tag=\(toTag);from-tag=\(fromTag)" + (isEarlyOnly ? ";early-only" : "")
  }
}
