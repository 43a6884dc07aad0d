// SPDX-License-Identifier: Apache-2.0

/// A step of the test of an account, in the order in which they are tried.
package enum AccountStep: String, Sendable, CaseIterable {
  /// The server's name has an address.
  case name
  /// The server answers there.
  case connection
  /// It is the one that it says it is.
  case certificate
  /// It accepts the user, with the password if it asks for one.
  case password
  case registration
  /// Whether there is NAT in between.
  case nat
  /// The STUN server says by which address it sees this end.
  case stun
  /// The TURN server relays for the user.
  case turn
}

/// What was found in a step.
package struct AccountFinding: Sendable, Equatable {
  /// An ``AccountStep``, or one that a later daemon has.
  package var step: String
  package var isOK: Bool
  /// A line for people.
  package var detail: String

  package init(_ step: String, _ isOK: Bool, _ detail: String) {
    (self.step, self.isOK, self.detail) = (step, isOK, DisplayText(detail).description)
  }

  package init?(_ value: BusValue) {
    guard let fields = value.asStructure, fields.count == 3, let step = fields[0].asString, let isOK = fields[1].asBool,
      let detail = fields[2].asString
    else { return nil }
    self.init(step, isOK, detail)
  }

  package var busValue: BusValue { .structure([.string(step), .bool(isOK), .string(detail)]) }
}
